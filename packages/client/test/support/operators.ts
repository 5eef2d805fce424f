import type { Operator, RoutingRule } from '../../src/operator.ts'

const written = { createdAt: 't1', createdBy: 'amina', updatedAt: 't1', updatedBy: 'amina' }

export const aRule = (operatorId: string, rule: Partial<RoutingRule> = {}): RoutingRule => ({
  ruleId: 'r1',
  operatorId,
  prefix: '+9370',
  mcc: null,
  mnc: null,
  priority: 10,
  weight: 100,
  costPerSegment: '0.012500',
  currency: 'USD',
  active: true,
  allowNested: false,
  ...written,
  ...rule,
})

/** As it was created. */
export const anOperator = (operatorId: string, operator: Partial<Operator> = {}): Operator => ({
  operatorId,
  name: operatorId,
  host: 'smpp.roshan.example',
  port: 2775,
  systemId: 'gateway01',
  systemType: '',
  bindType: 'TRANSCEIVER',
  tpsLimit: { maxTps: 250, burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' },
  status: 'INACTIVE',
  notes: 'a note',
  mnoId: null,
  credentialsVersion: 1,
  version: 1,
  ...written,
  rules: [],
  ...operator,
})
