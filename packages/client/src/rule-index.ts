import type { RoutingRule } from './operator.ts'
import { compareRules } from './route-order.ts'

/** What a number is looked up by: its digits as a number, which is exact and begins with no 0, and how many there are. */
export type Digits = Readonly<{ value: number; count: number }>

/** The key of rules for one network, for those of a country, or, without either, for those of every network. */
export const selectorKey = (mcc?: string | null, mnc?: string | null): string =>
  mcc == null ? '' : mnc == null ? mcc : `${mcc}/${mnc}`

/** Rules by selector and prefix; what a change or a look-up costs does not grow with the rules of other prefixes. */
export type RuleIndex = Readonly<{
  add(rule: RoutingRule): void
  remove(rule: RoutingRule): void
  /** A newer form of a rule that is in it. */
  replace(rule: RoutingRule, by: RoutingRule): void
  /**
   * Shows the rules of each prefix that the number has, longest first, and of each of the selectors in the order given:
   * those of one prefix and one selector at once, in the order of `compareRules`.
   */
  visit(to: Digits, selectors: readonly string[], visitor: (rules: readonly RoutingRule[]) => void): void
  /** How many prefixes it knows, each once per selector. */
  readonly size: number
  /** How many selectors it knows. */
  readonly selectors: number
}>

/** By length, then by the prefix as a number: a map that has to grow moves the prefixes of one length only. */
type Lengths = Map<number, Map<number, RoutingRule[]>>

const lengthOf = ({ prefix }: RoutingRule): number => prefix.length - 1
const selectorOf = ({ mcc, mnc }: RoutingRule): string => selectorKey(mcc, mnc)

export function createRuleIndex(): RuleIndex {
  const bySelector = new Map<string, Lengths>()

  const rulesBeside = (rule: RoutingRule): RoutingRule[] | undefined =>
    bySelector.get(selectorOf(rule))?.get(lengthOf(rule))?.get(Number(rule.prefix))

  function add(rule: RoutingRule): void {
    const rules = rulesBeside(rule)
    if (rules !== undefined) {
      rules.splice(placeOf(rule, rules), 0, rule)
      return
    }
    const lengths = bySelector.get(selectorOf(rule)) ?? new Map<number, Map<number, RoutingRule[]>>()
    const prefixes = lengths.get(lengthOf(rule)) ?? new Map<number, RoutingRule[]>()
    bySelector.set(selectorOf(rule), lengths.set(lengthOf(rule), prefixes.set(Number(rule.prefix), [rule])))
  }

  function remove(rule: RoutingRule): void {
    const lengths = bySelector.get(selectorOf(rule))
    const prefixes = lengths?.get(lengthOf(rule))
    const rules = prefixes?.get(Number(rule.prefix))
    const at = rules?.indexOf(rule) ?? -1
    if (at === -1) return
    rules?.splice(at, 1)
    if (rules?.length === 0) prefixes?.delete(Number(rule.prefix))
    if (prefixes?.size === 0) lengths?.delete(lengthOf(rule))
    if (lengths?.size === 0) bySelector.delete(selectorOf(rule))
  }

  return {
    add,
    remove,
    replace(rule, by) {
      const rules = rulesBeside(rule)
      if (rules !== undefined && rules === rulesBeside(by) && compareRules(rule, by) === 0) {
        rules[rules.indexOf(rule)] = by
        return
      }
      remove(rule)
      add(by)
    },

    visit({ value, count }, selectors, visitor) {
      const known = selectors.flatMap((selector) => bySelector.get(selector) ?? [])
      for (let length = count; length > 0; length--) {
        const prefix = Math.floor(value / 10 ** (count - length))
        for (const lengths of known) {
          const rules = lengths.get(length)?.get(prefix)
          if (rules !== undefined) visitor(rules)
        }
      }
    },

    get size() {
      const lengths = [...bySelector.values()].flatMap((lengths) => [...lengths.values()])
      return lengths.reduce((sum, prefixes) => sum + prefixes.size, 0)
    },
    get selectors() {
      return bySelector.size
    },
  }
}

/** Where it belongs among rules in their order; by halving, as every operator may have a rule for one prefix. */
function placeOf(rule: RoutingRule, rules: readonly RoutingRule[]): number {
  let low = 0
  let high = rules.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const there = rules[middle]
    if (there !== undefined && compareRules(there, rule) < 0) low = middle + 1
    else high = middle
  }
  return low
}
