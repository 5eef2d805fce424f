import type { Operator, RoutingRule } from '@oms/client'

const RULES_PER_OPERATOR = 100
const [SHORTEST, LONGEST] = [2, 8]
const NUMBER_DIGITS = 12

/** Operators with `count` rules for prefixes of 2-8 digits, none of them twice, the same ones each time. */
export function operatorsWith(count: number): readonly Operator[] {
  const below = randomNumbers(count)
  const prefixes = new Set<string>()
  while (prefixes.size < count) prefixes.add(`+${digits(below, SHORTEST + below(LONGEST - SHORTEST + 1))}`)
  const operators = Array.from({ length: Math.ceil(count / RULES_PER_OPERATOR) }, (_, index) => anOperator(index))
  for (const [index, prefix] of [...prefixes].entries()) {
    const operator = operators[index % operators.length]
    operator?.rules.push(aRule({ operatorId: operator.operatorId, prefix, ruleId: `rule-${index}` }))
  }
  return operators
}

/** Numbers of twelve digits with their +, the same ones each time. */
export function numbers(count: number): readonly string[] {
  const below = randomNumbers(count)
  return Array.from({ length: count }, () => `+${digits(below, NUMBER_DIGITS)}`)
}

type Below = (limit: number) => number

const digits = (below: Below, count: number): string =>
  Array.from({ length: count }, (_, place) => (place === 0 ? 1 + below(9) : below(10))).join('')

/** D. E. Knuth and H. W. Lewis's generator (Numerical Recipes, §7.1), whose upper bits are good enough for this. */
function randomNumbers(seed: number): Below {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const written = {
  createdAt: '2026-11-20T12:00:00Z',
  createdBy: 'bench',
  updatedAt: '2026-11-20T12:00:00Z',
  updatedBy: 'bench',
}

const anOperator = (index: number): Operator & { rules: RoutingRule[] } => ({
  operatorId: `bench-${index}`,
  name: `Bench ${index}`,
  host: 'smsc.example',
  port: 2775,
  systemId: 'bench',
  systemType: '',
  bindType: 'TRANSCEIVER',
  tpsLimit: { maxTps: 100, burstMultiplier: 1, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' },
  status: 'ACTIVE',
  notes: null,
  mnoId: null,
  credentialsVersion: 1,
  version: 1,
  ...written,
  rules: [],
})

const aRule = (facts: Pick<RoutingRule, 'operatorId' | 'prefix' | 'ruleId'>): RoutingRule => ({
  ...facts,
  mcc: null,
  mnc: null,
  priority: 10,
  weight: 100,
  costPerSegment: '0.004200',
  currency: 'USD',
  active: true,
  allowNested: true,
  ...written,
})
