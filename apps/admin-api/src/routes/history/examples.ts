import type { ApiExamples } from '@oms/adapters/http'

const operatorId = '3f0d8c1e-6a52-4b8e-9d0f-5b7a2c94e1d6'

const tpsLimit = { maxTps: 200, burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' }

const auditLog = {
  data: [
    {
      auditId: 'e2a4c6e8-1b3d-4f5a-8c7e-9d0b2f4a6c8e',
      at: '2026-11-20T10:02:30.125Z',
      actor: 'amina@gateway.example',
      action: 'tps-limit.update',
      operatorId,
      resource: { type: 'tps-limit', id: operatorId },
      version: 2,
      before: tpsLimit,
      after: { ...tpsLimit, maxTps: 250 },
      requestId: '7e1c5d0a-4f3b-4b58-9a57-0f2f9f1c3a10',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      sourceAddress: '192.0.2.17',
    },
  ],
  nextCursor: null,
}

export const historyExamples: ApiExamples = {
  listAuditLog: { response: auditLog },
  listOperatorAuditLog: { response: auditLog },
  listHealthLog: {
    response: {
      data: [
        {
          operatorId,
          transition: 3,
          previousState: 'HEALTHY',
          newState: 'DEGRADED',
          errorRate: 0.07,
          bindState: 'BOUND',
          bindError: null,
          at: '2026-11-20T11:00:10.000Z',
        },
      ],
      nextCursor: null,
    },
  },
}
