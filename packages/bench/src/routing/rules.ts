import type { OperatorId } from '@oms/domain'
import type postgres from 'postgres'

/** How the rules lie over the operators; overlaps are looked for within one operator. */
export const SHAPES = ['100 operators', 'one operator'] as const
export type Shape = (typeof SHAPES)[number]

const OPERATORS = 100
/** An operator without rules, its id among the others. */
export const NEWCOMER = 100
/** An operator whose rules are for Canada and Jamaica, below +1 each. */
export const NEIGHBOURS = 101
/** Destinations that the questions are about; their rules are the same in every table, and the only ones that match. */
export const DESTINATIONS = 100

export const operatorId = (index: number): OperatorId => `bench-${index}` as OperatorId
/** Four digits, every ninetieth number, so that the other rules lie between them. */
export const destinationDigits = (destination: number): string => String(1_000 + 90 * destination)

/** The rules of one destination, all of which match a number that begins with it and 01234; the inactive one is last. */
export const DESTINATION_RULES = [
  { digits: '', mcc: null, mnc: null, active: true, nested: true },
  { digits: '0', mcc: null, mnc: null, active: true, nested: true },
  { digits: '01', mcc: '412', mnc: null, active: true, nested: true },
  { digits: '01', mcc: '310', mnc: null, active: true, nested: true },
  { digits: '012', mcc: '412', mnc: '01', active: true, nested: true },
  { digits: '012', mcc: '412', mnc: '001', active: true, nested: true },
  { digits: '0123', mcc: null, mnc: null, active: true, nested: true },
  { digits: '01234', mcc: null, mnc: null, active: true, nested: false },
  { digits: '01', mcc: '250', mnc: '99', active: true, nested: true },
  { digits: '01234', mcc: null, mnc: null, active: false, nested: false },
] as const

/** Whose rule of a destination it is. */
export const ownerOf = (shape: Shape, destination: number, rule: number): number =>
  shape === 'one operator' ? 0 : (destination * DESTINATION_RULES.length + rule) % OPERATORS

const FIXED = DESTINATIONS * DESTINATION_RULES.length
/** One of so many of the other rules is a neighbour's. */
const NEIGHBOURS_SHARE = 20
const CHUNK = 50_000

/**
 * Fills an empty database with operators and `count` rules, constraints in place, as they would have come in by and by.
 * Most that are not about a destination lie in blocks of 125 rules like those of a rate sheet: a country, parts of it that
 * may be nested, and ranges of 7 to 9 digits, some of them for one country's networks or one network. Told: rules so far.
 */
export async function loadRules(
  sql: postgres.Sql,
  { shape, count }: Readonly<{ shape: Shape; count: number }>,
  loaded: (rules: number) => void,
): Promise<void> {
  await sql`
    INSERT INTO ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps, status,
      credentials_version, version, created_at, created_by, updated_at, updated_by)
    SELECT 'bench-' || o, 'READY', 'Bench ' || o, 'smsc-' || o || '.example', 2775, 'bench', 'TRANSCEIVER', 100, 'ACTIVE',
      1, 1, now(), 'bench', now(), 'bench'
    FROM generate_series(0, ${NEIGHBOURS}::integer) o`
  await sql`
    INSERT INTO ops.operator_health (operator_id, state, since, last_received_at)
    SELECT operator_id, 'HEALTHY', now(), now() FROM ops.operators`
  await loadDestinations(sql, shape)
  const neighbours = Math.floor((count - FIXED) / NEIGHBOURS_SHARE)
  await loadNeighbours(sql, neighbours)
  const blocks = count - FIXED - neighbours
  for (let from = 0; from < blocks; from += CHUNK) {
    const to = Math.min(from + CHUNK, blocks)
    await loadBlocks(sql, shape, { from, to })
    loaded(FIXED + neighbours + to)
  }
  await sql`VACUUM (ANALYZE)`
}

async function loadDestinations(sql: postgres.Sql, shape: Shape): Promise<void> {
  const rules = Array.from({ length: DESTINATIONS }, (_, destination) =>
    DESTINATION_RULES.map(({ digits, ...rule }, index) => ({
      ...rule,
      prefix: `+${destinationDigits(destination)}${digits}`,
      operator: operatorId(ownerOf(shape, destination, index)),
    })),
  ).flat()
  await sql`
    INSERT INTO ops.routing_rules (rule_id, operator_id, prefix, mcc, mnc, active, allow_nested, cost_per_segment, currency,
      created_at, created_by, updated_at, updated_by)
    SELECT gen_random_uuid(), operator, prefix, mcc, mnc, active, nested, 0.0042, 'USD', now(), 'bench', now(), 'bench'
    FROM jsonb_to_recordset(${sql.json(rules)})
      AS r (operator text, prefix text, mcc text, mnc text, active boolean, nested boolean)`
}

async function loadBlocks(
  sql: postgres.Sql,
  shape: Shape,
  { from, to }: Readonly<{ from: number; to: number }>,
): Promise<void> {
  const operators = shape === 'one operator' ? 1 : OPERATORS
  await sql`
    INSERT INTO ops.routing_rules (rule_id, operator_id, prefix, mcc, mnc, active, allow_nested, priority, weight,
      cost_per_segment, currency, created_at, created_by, updated_at, updated_by)
    SELECT gen_random_uuid(), 'bench-' || o,
      '+' || 1000 + block / 89 * 90 + 1 + block % 89 || CASE
        WHEN i = 0 THEN ''
        WHEN i = 1 THEN '5'
        WHEN i < 4 THEN '5' || i
        ELSE lpad((range * 8)::text, 3, '0') || substr('73', 1, range % 3)
      END,
      CASE WHEN i < 4 THEN NULL WHEN (i - 4) % 10 IN (0, 1) THEN '412' WHEN (i - 4) % 10 = 5 THEN '310' END,
      CASE WHEN i < 4 THEN NULL WHEN (i - 4) % 10 = 0 THEN '01' WHEN (i - 4) % 10 = 1 THEN '001' END,
      j % 50 <> 49, i < 4, j % 7 * 10, 1 + j % 100, j % 1000 * 0.000125, 'USD', now(), 'bench', now(), 'bench'
    FROM generate_series(${from}::integer, ${to - 1}::integer) j,
      LATERAL (SELECT j % ${operators}::integer AS o, j / ${operators}::integer AS n) a,
      LATERAL (SELECT n % 125 AS i, (n / 125 * 2377 + o * 89) % 8900 AS block) b,
      -- Networks 412/01 and 412/001 share a range: they are not the same.
      LATERAL (SELECT CASE WHEN (i - 4) % 10 = 1 THEN i - 5 ELSE i - 4 END AS range) c`
}

async function loadNeighbours(sql: postgres.Sql, count: number): Promise<void> {
  await sql`
    INSERT INTO ops.routing_rules (rule_id, operator_id, prefix, mcc, cost_per_segment, currency,
      created_at, created_by, updated_at, updated_by)
    SELECT gen_random_uuid(), ${operatorId(NEIGHBOURS)}, '+' || 1000 + block / 89 * 90 + 1 + block % 89 || lpad(part::text, 3, '0'),
      CASE j % 2 WHEN 0 THEN '302' ELSE '338' END, 0.0042, 'USD', now(), 'bench', now(), 'bench'
    FROM generate_series(0, ${count - 1}::integer) j, LATERAL (SELECT j % 890 AS block, j / 890 AS part) a`
}
