import type { ApiExamples } from '@oms/adapters/http'

const tpsLimit = { maxTps: 200, burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' }

const operator = {
  operatorId: '3f0d8c1e-6a52-4b8e-9d0f-5b7a2c94e1d6',
  name: 'Roshan TRX 1',
  host: 'smpp.roshan.example',
  port: 2775,
  systemId: 'gateway01',
  systemType: '',
  bindType: 'TRANSCEIVER',
  tpsLimit,
  status: 'INACTIVE',
  healthState: 'UNKNOWN',
  healthStale: false,
  notes: 'NOC: +93 70 000 0000',
  mnoId: 'roshan',
  credentialsVersion: 1,
  version: 1,
  createdAt: '2026-11-20T09:15:00.000Z',
  createdBy: 'amina@gateway.example',
  updatedAt: '2026-11-20T09:15:00.000Z',
  updatedBy: 'amina@gateway.example',
}

const updated = {
  ...operator,
  status: 'ACTIVE',
  notes: null,
  tpsLimit: { ...tpsLimit, maxTps: 250 },
  version: 2,
  updatedAt: '2026-11-20T10:02:30.125Z',
}

export const operatorExamples: ApiExamples = {
  createOperator: {
    request: {
      name: operator.name,
      host: operator.host,
      port: operator.port,
      systemId: operator.systemId,
      bindType: operator.bindType,
      password: 'exampl3!',
      tpsLimit: { maxTps: tpsLimit.maxTps },
      notes: operator.notes,
      mnoId: operator.mnoId,
    },
    response: operator,
  },
  listOperators: { response: { data: [updated], meta: { total: 1, page: 1, limit: 50 } } },
  getOperator: { response: updated },
  updateOperator: { request: { status: 'ACTIVE', notes: null, tpsLimit: { maxTps: 250 } }, response: updated },
}
