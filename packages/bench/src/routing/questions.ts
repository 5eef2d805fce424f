import {
  ANY_PLMN,
  destination,
  isDomainError,
  plmnSelector,
  prefix,
  previewRouting,
  type RuleSpan,
  routingRuleConflictChecker,
} from '@oms/domain'
import {
  DESTINATION_RULES,
  DESTINATIONS,
  destinationDigits,
  NEIGHBOURS,
  NEWCOMER,
  operatorId,
  ownerOf,
  type Shape,
} from './rules.ts'
import type { Ports } from './tables.ts'

/** Something to ask of a table; equal turns ask equal things of every table of the shape. Resolves with how many rules it found. */
export type Question = Readonly<{
  bench: 'routing.conflict-check' | 'routing.lookup' | 'routing.preview'
  name: string
  ask(ports: Ports, shape: Shape, turn: number): Promise<number>
  /** What each answer must be, so that no table's answer costs more for being longer. */
  finds: number
}>

const ACTIVE_RULES = DESTINATION_RULES.filter(({ active }) => active).length

/** A rule that an operator is to get. */
type Probe = (turn: number, shape: Shape) => Readonly<{ owner: number; span: RuleSpan }>

/** The check as a change of rules makes it: under the operator's row lock, in its transaction. */
const check = (name: string, finds: number, probe: Probe): Question => ({
  bench: 'routing.conflict-check',
  name: `conflict check, ${name}`,
  finds,
  ask: (ports, shape, turn) => {
    const { owner, span } = probe(turn, shape)
    return ports.operators.change(operatorId(owner), { acrossVault: false }, async ({ rules }) => {
      try {
        await routingRuleConflictChecker(rules, [{ ...span, active: true }])
        return 0
      } catch (error) {
        if (isDomainError(error, 'PREFIX_CONFLICT')) return error.conflicts?.length ?? 0
        throw error
      }
    })
  },
})

const free: Probe = (turn, shape) => {
  const digits = `5${String(turn % 1_000).padStart(3, '0')}`
  const free = prefix(`+${destinationDigits(turn % DESTINATIONS)}${digits}`)
  const owner = ownerOf(shape, turn % DESTINATIONS, turn % DESTINATION_RULES.length)
  return { owner, span: { ...ANY_PLMN, prefix: free, allowNested: false } }
}

const equal: Probe = (turn, shape) => {
  const of = turn % ACTIVE_RULES
  const { digits, mcc, mnc } = DESTINATION_RULES[of] ?? DESTINATION_RULES[0]
  const taken = prefix(`+${destinationDigits(turn % DESTINATIONS)}${digits}`)
  const owner = ownerOf(shape, turn % DESTINATIONS, of)
  return { owner, span: { ...plmnSelector({ mcc, mnc }), prefix: taken, allowNested: true } }
}

/** A ninth of all rules lies below each of these. */
const wide = (turn: number) => prefix(`+${1 + (turn % 9)}`)

const nestingAllowed: Probe = (turn, shape) => ({
  owner: ownerOf(shape, turn % DESTINATIONS, 0),
  span: { ...ANY_PLMN, prefix: wide(turn), allowNested: true },
})

const newcomer: Probe = (turn) => ({
  owner: NEWCOMER,
  span: { ...ANY_PLMN, prefix: wide(turn), allowNested: false },
})

const neighbour: Probe = () => ({
  owner: NEIGHBOURS,
  span: { ...plmnSelector({ mcc: '310' }), prefix: prefix('+1'), allowNested: false },
})

/** A number of twelve digits that all rules of a destination match. */
const numberOf = (turn: number) =>
  destination(`+${destinationDigits(turn % DESTINATIONS)}01234${String((turn * 37) % 1_000).padStart(3, '0')}`, 'to')

export const QUESTIONS: readonly Question[] = [
  check('a free prefix', 0, free),
  check('an equal prefix', 1, equal),
  check('+1 … +9 around rules, nesting allowed', 0, nestingAllowed),
  check('+1 … +9 around rules of others', 0, newcomer),
  check('+1 around rules for other countries', 0, neighbour),
  {
    bench: 'routing.lookup',
    name: 'lookup, destination prefixes of a number',
    finds: ACTIVE_RULES,
    ask: async ({ routingRules }, _shape, turn) => {
      const found = await routingRules.destinationPrefixes({ covers: numberOf(turn), page: 1, limit: 50 })
      return Math.max(found.total, found.destinations.length)
    },
  },
  {
    bench: 'routing.preview',
    name: 'preview of a number',
    finds: DESTINATION_RULES.length,
    ask: async (ports, _shape, turn) => {
      const { candidates, lost } = await previewRouting(ports, numberOf(turn), plmnSelector({ mcc: '412', mnc: '01' }))
      return candidates.length + lost.length
    },
  },
]
