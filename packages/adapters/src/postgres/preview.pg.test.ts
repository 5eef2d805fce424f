// The preview of a route against a reference that knows no index: it looks at every rule and at every number.
import { type HealthState, type PlmnSelector, type Prefix, previewRouting, type RouteOption } from '@oms/domain'
import { referenceRoutes } from '@oms/domain/testing'
import t from 'tap'
import { postgresStore } from '../../test/support/postgres-store.ts'

const OPERATORS = 200
const RULES = 100_000
const NUMBERS = 10_000
/** How many rules in a thousand have a prefix of this many digits: a number has seven on average. */
const LENGTHS = [0, 3, 20, 100, 300, 300, 277]

const seed = Math.trunc(Math.random() * 2 ** 31)

/** Mulberry32: repeatable by its seed, which a failure names. */
function randomOf(state: number): (below: number) => number {
  let next = state
  return (below) => {
    next = (next + 0x6d2b79f5) | 0
    let mixed = Math.imul(next ^ (next >>> 15), 1 | next)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
const random = randomOf(seed)
const oneOf = <T>(...choices: readonly T[]): T => choices[random(choices.length)] as T
const digits = (count: number): string =>
  `+${1 + random(9)}${Array.from({ length: count - 1 }, () => random(10)).join('')}`

const networkOf = (): PlmnSelector =>
  oneOf(
    { mcc: null, mnc: null },
    { mcc: '412', mnc: null },
    { mcc: '412', mnc: '01' },
    { mcc: '412', mnc: '001' },
    { mcc: '413', mnc: '01' },
  ) as PlmnSelector

function lengthOf(): number {
  let left = random(1_000)
  return 1 + LENGTHS.findIndex((share) => (left -= share) < 0)
}

type SeededOperator = Omit<RouteOption, 'rule'> &
  Readonly<{ operatorId: string; deleted: boolean; reported: HealthState }>

const seededOperator = (_: unknown, index: number): SeededOperator => {
  const [reported, healthStale, deleted] = [
    oneOf<HealthState>('HEALTHY', 'HEALTHY', 'DEGRADED', 'UNHEALTHY'),
    random(8) === 0,
    random(20) === 0,
  ]
  return {
    operatorId: `operator-${String(index).padStart(3, '0')}`,
    operatorName: `Operator ${index}`,
    status: deleted ? 'INACTIVE' : oneOf('ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'SUSPENDED', 'INACTIVE'),
    reported,
    healthStale,
    healthState: healthStale ? 'UNKNOWN' : reported,
    deleted,
  }
}

type SeededRule = RouteOption['rule']

function seededRules(operators: readonly SeededOperator[]): readonly SeededRule[] {
  const taken = new Set<string>()
  const at = new Date(0)
  const rules: SeededRule[] = []
  while (rules.length < RULES) {
    const { operatorId } = oneOf(...operators)
    const prefix = digits(lengthOf()) as Prefix
    if (taken.has(`${operatorId} ${prefix}`)) continue
    taken.add(`${operatorId} ${prefix}`)
    rules.push({
      ...networkOf(),
      ruleId: `00000000-0000-4000-8000-${String(rules.length).padStart(12, '0')}`,
      operatorId: operatorId as SeededRule['operatorId'],
      prefix,
      priority: random(3),
      weight: 1 + random(3),
      costPerSegment: oneOf('0.004200', '0.010000', '12.000000') as SeededRule['costPerSegment'],
      currency: oneOf('USD', 'USD', 'USD', 'AFN') as SeededRule['currency'],
      active: random(10) > 0,
      allowNested: true,
      createdAt: at,
      createdBy: 'amina',
      updatedAt: at,
      updatedBy: 'amina',
    })
  }
  return rules
}

/** The numbers that have each rule's prefix stand together once they are sorted. */
function matchesOf(
  numbers: readonly Prefix[],
  rules: readonly SeededRule[],
): ReadonlyMap<Prefix, readonly SeededRule[]> {
  const found = new Map<Prefix, SeededRule[]>(numbers.map((number) => [number, []]))
  const sorted = numbers.toSorted()
  for (const rule of rules) {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sorted[middle] as string) < rule.prefix) low = middle + 1
      else high = middle
    }
    for (let each = low; sorted[each]?.startsWith(rule.prefix); each += 1) found.get(sorted[each] as Prefix)?.push(rule)
  }
  return found
}

t.test(`a preview equals the reference, over ${RULES} rules and ${NUMBERS} numbers (seed ${seed})`, async (t) => {
  const { owner, routingRules } = await postgresStore(t)
  const operators = Array.from({ length: OPERATORS }, seededOperator)
  await owner`
    INSERT INTO ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps, status,
      credentials_version, version, created_at, created_by, updated_at, updated_by, deleted_at)
    SELECT o->>'operatorId', 'READY', o->>'operatorName', o->>'operatorId', 2775, 'gateway', 'TRANSCEIVER', 100,
      o->>'status', 1, 1, now(), 'amina', now(), 'amina', CASE WHEN (o->>'deleted')::boolean THEN now() END
    FROM jsonb_array_elements(${JSON.stringify(operators)}::text::jsonb) o`
  // An hour ahead: nothing becomes stale while the test runs.
  await owner`
    INSERT INTO ops.operator_health (operator_id, state, last_received_at)
    SELECT o->>'operatorId', o->>'reported',
      now() + CASE WHEN (o->>'healthStale')::boolean THEN interval '-2 minutes' ELSE interval '1 hour' END
    FROM jsonb_array_elements(${JSON.stringify(operators)}::text::jsonb) o`
  const rules = seededRules(operators)
  await owner`
    INSERT INTO ops.routing_rules (rule_id, operator_id, prefix, mcc, mnc, priority, weight, cost_per_segment, currency,
      active, allow_nested, created_at, created_by, updated_at, updated_by)
    SELECT (r->>'ruleId')::uuid, r->>'operatorId', r->>'prefix', r->>'mcc', r->>'mnc', (r->>'priority')::integer,
      (r->>'weight')::integer, (r->>'costPerSegment')::numeric, r->>'currency', (r->>'active')::boolean, true,
      now(), 'amina', now(), 'amina'
    FROM jsonb_array_elements(${JSON.stringify(rules)}::text::jsonb) r`
  await owner`ANALYZE ops.routing_rules`

  const numbers = [...new Set(Array.from({ length: NUMBERS }, () => digits(1 + random(15)) as Prefix))]
  const known = new Map(operators.map((operator) => [operator.operatorId, operator]))
  const matches = matchesOf(numbers, rules)
  const wrong: string[] = []
  let ranked = 0
  await Promise.all(
    Array.from({ length: 10 }, async (_, worker) => {
      for (let each = worker; each < numbers.length; each += 10) {
        const to = numbers[each] as Prefix
        const network = networkOf()
        const options = (matches.get(to) ?? []).flatMap((rule): RouteOption[] => {
          const operator = known.get(rule.operatorId)
          return operator === undefined || operator.deleted ? [] : [{ ...operator, rule }]
        })
        const { candidates, lost } = await previewRouting({ routingRules }, to, network)
        const preview = {
          ranked: candidates.map(({ rule, behindBecause }) => [rule.ruleId, behindBecause]),
          lost: lost.map(({ rule, reason }) => [rule.ruleId, reason]),
        }
        ranked += candidates.length
        const expected = referenceRoutes(options, network)
        if (JSON.stringify(preview) !== JSON.stringify(expected)) wrong.push(`${to} ${JSON.stringify(network)}`)
      }
    }),
  )
  t.same(wrong.slice(0, 5), [])
  // More or fewer by how many operators this seed makes eligible.
  t.ok(ranked > NUMBERS / 2, `${ranked} candidates were compared`)
})
