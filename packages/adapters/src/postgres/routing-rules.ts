import {
  type DestinationPrefix,
  type DestinationPrefixQuery,
  MAX_DIGITS,
  type OperatorId,
  type Prefix,
  prefixesOf,
  type RoutingRuleQuery,
  type RoutingRuleSortField,
  type RoutingRules,
} from '@oms/domain'
import { and, asc, count, desc, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { arrayLiteral } from './any-of.ts'
import type { Db } from './db.ts'
import { healthStale, isLive, shownHealthState } from './operator-rows.ts'
import { toRule, toSelector } from './routing-rule-rows.ts'
import { destinationPrefixes, operatorHealth, operators, routingRules } from './schema.ts'

const SORT_BY = {
  prefix: routingRules.prefix,
  priority: routingRules.priority,
  createdAt: routingRules.createdAt,
} as const satisfies Readonly<Record<RoutingRuleSortField, unknown>>

/** An array that the planner cannot look into: it would plan anew for each number, which takes longer than the query. */
const isAmong = (column: SQLWrapper, literal: unknown): SQL =>
  sql`${column} = any(array(select unnest(${literal}::text[])))`

export function createRoutingRules(db: Db): RoutingRules {
  const { drizzle, run } = db
  const isOwner = eq(operators.operatorId, routingRules.operatorId)
  const findOne = drizzle
    .select({ rule: routingRules })
    .from(routingRules)
    .innerJoin(operators, and(isOwner, isLive))
    .where(
      and(
        eq(routingRules.ruleId, sql.placeholder('ruleId')),
        eq(routingRules.operatorId, sql.placeholder('operatorId')),
      ),
    )
    .prepare('find_rule')
  const matchingRules = (active: SQL) =>
    drizzle
      .select({
        rule: routingRules,
        operatorName: operators.name,
        status: operators.status,
        healthState: shownHealthState,
        healthStale,
      })
      .from(routingRules)
      .innerJoin(operators, and(isOwner, isLive))
      .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
      .where(and(active, isAmong(routingRules.prefix, sql.placeholder('prefixes'))))
  const activeRules = matchingRules(sql`${routingRules.active}`).prepare('matching_rules')
  const inactiveRules = matchingRules(sql`not ${routingRules.active}`)
    .limit(sql.placeholder('limit'))
    .prepare('matching_inactive_rules')

  return {
    find: (operatorId, ruleId) =>
      run('select', async () => {
        const [row] = await findOne.execute({ operatorId, ruleId })
        return row && toRule(row.rule)
      }),
    list: (query) => run('select', () => listRules(db, query)),
    destinationPrefixes: (query) => run('select', () => listDestinations(db, query)),
    matching: (to, limit) =>
      run('select', async () => {
        const prefixes = arrayLiteral(prefixesOf(to))
        const found = await Promise.all([activeRules.execute({ prefixes }), inactiveRules.execute({ prefixes, limit })])
        return found.flat().map(({ rule, ...option }) => ({ ...option, rule: toRule(rule) }))
      }),
  }
}

async function listRules({ drizzle }: Db, { operatorId, active, sort, page, limit }: RoutingRuleQuery) {
  const matches = and(
    eq(routingRules.operatorId, operatorId),
    active === undefined ? undefined : eq(routingRules.active, active),
  )
  const live = and(eq(operators.operatorId, routingRules.operatorId), isLive)
  const direction = sort.descending ? desc : asc
  const [rows, totals] = await Promise.all([
    drizzle
      .select({ rule: routingRules })
      .from(routingRules)
      .innerJoin(operators, live)
      .where(matches)
      .orderBy(direction(SORT_BY[sort.field]), direction(routingRules.ruleId))
      .limit(limit)
      .offset((page - 1) * limit)
      .prepare('list_rules')
      .execute(),
    drizzle
      .select({ total: count() })
      .from(routingRules)
      .innerJoin(operators, live)
      .where(matches)
      .prepare('count_rules')
      .execute(),
  ])
  return { rules: rows.map(({ rule }) => toRule(rule)), total: totals[0]?.total ?? 0 }
}

/** Only live operators have rows there. */
async function listDestinations({ drizzle }: Db, { operatorId, covers, page, limit }: DestinationPrefixQuery) {
  const { prefix } = destinationPrefixes
  // Of a number, its few prefixes decide. By its operator's index alone the planner would walk all rules of one that has
  // more than others, for it reckons with as many as an operator has on average.
  const owner =
    covers === undefined ? sql`${destinationPrefixes.operatorId}` : sql`${destinationPrefixes.operatorId} || ''`
  const matches = and(
    operatorId === undefined ? undefined : sql`${owner} = ${operatorId}`,
    covers === undefined ? undefined : isAmong(prefix, arrayLiteral(prefixesOf(covers))),
  )
  const [rows, totals] = await Promise.all([
    drizzle
      .select()
      .from(destinationPrefixes)
      .where(matches)
      .orderBy(asc(prefix), asc(destinationPrefixes.operatorId), asc(destinationPrefixes.ruleId))
      .limit(limit)
      .offset((page - 1) * limit)
      .prepare('list_destinations')
      .execute(),
    drizzle.select({ total: count() }).from(destinationPrefixes).where(matches).prepare('count_destinations').execute(),
  ])
  return { destinations: rows.map(toDestination), total: totals[0]?.total ?? 0 }
}

const toDestination = ({
  mcc,
  mnc,
  rangeStart,
  rangeEnd,
  ...row
}: typeof destinationPrefixes.$inferSelect): DestinationPrefix => ({
  ...row,
  ...toSelector({ mcc, mnc }),
  prefix: row.prefix as Prefix,
  operatorId: row.operatorId as OperatorId,
  rangeStart: asNumber(rangeStart),
  rangeEnd: asNumber(rangeEnd),
})

const asNumber = (digits: number): string => String(digits).padStart(MAX_DIGITS, '0')
