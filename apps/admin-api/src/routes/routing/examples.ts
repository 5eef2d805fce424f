import type { ApiExamples } from '@oms/adapters/http'

const ids = { operatorId: '3f0d8c1e-6a52-4b8e-9d0f-5b7a2c94e1d6', ruleId: '0b9f7a44-2c1d-4d3e-8a35-7d8c6f0b1e22' }
const otherIds = { operatorId: '9a1b6c7d-0e2f-4a3b-8c4d-5e6f7a8b9c0d', ruleId: '5d2e8f90-7a1b-4c3d-9e4f-6a7b8c9d0e1f' }

const option = {
  ...ids,
  operatorName: 'Roshan TRX 1',
  prefix: '+9370',
  mcc: null,
  mnc: null,
  priority: 10,
  weight: 100,
  costPerSegment: '0.004200',
  currency: 'USD',
  healthState: 'HEALTHY',
  healthStale: false,
}

export const routingExamples: ApiExamples = {
  listDestinationPrefixes: {
    response: {
      data: [
        { prefix: '+9370', mcc: null, mnc: null, ...ids, rangeStart: '937000000000000', rangeEnd: '937099999999999' },
      ],
      meta: { total: 1, page: 1, limit: 50 },
    },
  },
  previewRouting: {
    response: {
      to: '+93701234567',
      candidates: [{ rank: 1, ...option, behindBecause: null }],
      lost: [
        {
          ...option,
          ...otherIds,
          operatorName: 'Etisalat Herat',
          prefix: '+93',
          status: 'SUSPENDED',
          reason: 'OPERATOR_NOT_ACTIVE',
        },
      ],
      lostTruncated: false,
    },
  },
}
