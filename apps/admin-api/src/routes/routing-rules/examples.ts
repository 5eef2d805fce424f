import type { ApiExamples } from '@oms/adapters/http'

const rule = {
  ruleId: '0b9f7a44-2c1d-4d3e-8a35-7d8c6f0b1e22',
  operatorId: '3f0d8c1e-6a52-4b8e-9d0f-5b7a2c94e1d6',
  prefix: '+9370',
  mcc: '412',
  mnc: '01',
  priority: 10,
  weight: 100,
  costPerSegment: '0.004200',
  currency: 'USD',
  active: true,
  allowNested: false,
  createdAt: '2026-11-20T09:20:00.000Z',
  createdBy: 'amina@gateway.example',
  updatedAt: '2026-11-20T09:20:00.000Z',
  updatedBy: 'amina@gateway.example',
}

const updated = { ...rule, priority: 5, mnc: null, updatedAt: '2026-11-20T10:05:00.250Z' }

export const routingRuleExamples: ApiExamples = {
  createRoutingRule: {
    request: { prefix: rule.prefix, mcc: rule.mcc, mnc: rule.mnc, costPerSegment: '0.0042', currency: rule.currency },
    response: rule,
  },
  createRoutingRules: {
    request: {
      rules: [
        { prefix: '+9370', costPerSegment: '0.0042' },
        { prefix: '+9371', costPerSegment: '0.0042', priority: 20, allowNested: true },
      ],
    },
  },
  listRoutingRules: { response: { data: [updated], meta: { total: 1, page: 1, limit: 50 } } },
  getRoutingRule: { response: updated },
  updateRoutingRule: { request: { priority: 5, mnc: null }, response: updated },
}

/** Two answers of one operation. */
export const bulkExamples = {
  created: {
    operatorId: rule.operatorId,
    version: 3,
    created: 2,
    ruleIds: ['6f1d3b5a-7c9e-4e0f-8a2b-4c6d8e0f1a3b', 'c8e0a2b4-d6f8-4a1c-9e3d-5f7b9d1e3a5c'],
  },
  checked: { operatorId: rule.operatorId, version: 2, wouldCreate: 2 },
}
