import { selectorOf } from '../routing/plmn.ts'
import { MAX_DIGITS, type Prefix } from '../routing/prefix.ts'
import type { RoutingRule } from '../routing/routing-rule.ts'
import type { DestinationPrefix, RoutingRuleQuery, RoutingRules } from '../routing/routing-rules.ts'
import { liveOperator, liveOperators, type MemoryStore, rulesOf, viewOf } from './memory-store.ts'

/** Every read goes through the live operators, so that a deleted one's rules, which stay, are seen by none. */
export function memoryRoutingRules(store: MemoryStore): RoutingRules {
  const liveRules = () => liveOperators(store).flatMap(({ operatorId }) => [...rulesOf(store, operatorId).values()])
  return {
    find: async (operatorId, ruleId) => liveOperator(store, operatorId) && rulesOf(store, operatorId).get(ruleId),

    list: async ({ operatorId, active, sort, ...paging }) => {
      const found = liveRules()
        .filter((rule) => rule.operatorId === operatorId && (active === undefined || rule.active === active))
        .toSorted((a, b) => compare(a, b, sort))
      return { rules: pageOf(found, paging), total: found.length }
    },

    destinationPrefixes: async ({ operatorId, covers, ...paging }) => {
      const found = liveRules()
        .filter((rule) => rule.active && (operatorId === undefined || rule.operatorId === operatorId))
        .filter((rule) => covers === undefined || covers.startsWith(rule.prefix))
        .toSorted(byPrefix)
      return { destinations: pageOf(found, paging).map(destinationPrefix), total: found.length }
    },

    matching: async (to, inactiveLimit) => {
      const options = liveOperators(store).flatMap((operator) => {
        const { healthState, healthStale } = viewOf(store, operator)
        return [...rulesOf(store, operator.operatorId).values()]
          .filter((rule) => to.startsWith(rule.prefix))
          .map((rule) => ({ rule, operatorName: operator.name, status: operator.status, healthState, healthStale }))
      })
      const [active, inactive] = [options.filter(({ rule }) => rule.active), options.filter(({ rule }) => !rule.active)]
      return [...active, ...inactive.slice(0, inactiveLimit)]
    },
  }
}

export const byPrefix = (a: RoutingRule, b: RoutingRule): number =>
  ascending(a.prefix, b.prefix) || ascending(a.operatorId, b.operatorId) || ascending(a.ruleId, b.ruleId)

/** Ties are broken by ruleId, so that pages neither repeat nor lose one. */
function compare(a: RoutingRule, b: RoutingRule, { field, descending }: RoutingRuleQuery['sort']): number {
  const order = ascending(a[field], b[field])
  return (descending ? -order : order) || ascending(a.ruleId, b.ruleId)
}

const ascending = <T extends string | number | Date>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

const pageOf = <T>(all: readonly T[], { page, limit }: Readonly<{ page: number; limit: number }>): readonly T[] =>
  all.slice((page - 1) * limit, page * limit)

function destinationPrefix(rule: RoutingRule): DestinationPrefix {
  const { prefix, operatorId, ruleId } = rule
  return {
    ...selectorOf(rule),
    prefix,
    operatorId,
    ruleId,
    rangeStart: filled(prefix, '0'),
    rangeEnd: filled(prefix, '9'),
  }
}

const filled = (prefix: Prefix, digit: string): string => prefix.slice(1).padEnd(MAX_DIGITS, digit)
