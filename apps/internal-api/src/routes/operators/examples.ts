import type { ApiExamples } from '@oms/adapters/http'

const operatorId = '3f0d8c1e-6a52-4b8e-9d0f-5b7a2c94e1d6'
const written = {
  createdAt: '2026-11-20T09:15:00.000Z',
  createdBy: 'amina@gateway.example',
  updatedAt: '2026-11-20T10:02:30.125Z',
  updatedBy: 'amina@gateway.example',
}
const connection = {
  operatorId,
  host: 'smpp.roshan.example',
  port: 2775,
  bindType: 'TRANSCEIVER',
  systemType: '',
  tpsLimit: { maxTps: 250, burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' },
  systemId: 'gateway01',
  credentialsVersion: 1,
  version: 4,
}

const operator = {
  ...connection,
  name: 'Roshan TRX 1',
  status: 'ACTIVE',
  healthState: 'HEALTHY',
  healthStale: false,
  notes: null,
  mnoId: 'roshan',
  ...written,
  rules: [
    {
      ruleId: '0b9f7a44-2c1d-4d3e-8a35-7d8c6f0b1e22',
      operatorId,
      prefix: '+9370',
      mcc: '412',
      mnc: '20',
      priority: 10,
      weight: 100,
      costPerSegment: '0.012500',
      currency: 'USD',
      active: true,
      allowNested: false,
      ...written,
    },
  ],
}

export const operatorExamples: ApiExamples = {
  listOperators: { response: { generatedAt: '2026-11-20T10:05:00.000Z', operators: [operator] } },
  getOperator: { response: operator },
  getOperatorCredentials: { response: { ...connection, password: 'exampl3!' } },
  getOperatorHealth: {
    response: {
      operatorId,
      healthState: 'HEALTHY',
      lastReceivedAt: '2026-11-20T10:04:55.310Z',
      healthStale: false,
      source: 'redis',
    },
  },
}
