import { DomainError, type RuleConflict } from '../errors.ts'
import { selectorsOverlap } from './plmn.ts'
import { type PrefixRelation, prefixRelation } from './prefix.ts'
import type { RoutingRule, RuleSpan } from './routing-rule.ts'
import type { RoutingRuleChanges } from './routing-rule-changes.ts'

/** Conflicts that an answer lists at most. */
export const MAX_CONFLICTS = 1_000

type Asked = Readonly<{ span: RuleSpan; row: number }>
type Found = RuleConflict & Readonly<{ row: number }>

/**
 * Rejects with PREFIX_CONFLICT when an active rule among `asked` overlaps another of them or an active rule of the
 * operator; `except` is the rule that they replace. `bulk` says which rows fail. To be called under the operator's lock.
 */
export async function routingRuleConflictChecker(
  rules: Pick<RoutingRuleChanges, 'overlapping'>,
  asked: readonly (RuleSpan & Pick<RoutingRule, 'active'>)[],
  { except, bulk = false }: Readonly<{ except?: string; bulk?: boolean }> = {},
): Promise<void> {
  const active = asked.flatMap((span, row) => (span.active ? [{ span, row }] : []))
  const existing = await rules.overlapping(
    active.map(({ span }) => span),
    MAX_CONFLICTS + 1,
    except,
  )
  const found = collectConflicts()
  amongThemselves(active, found)
  withExisting(active, existing, found)
  const { listed, rows, complete } = found.result()
  if (rows === 0) return
  const conflicts = bulk ? listed : listed.map(({ row: _row, ...conflict }) => conflict)
  const more = complete ? '' : `; ${MAX_CONFLICTS} overlaps are listed`
  const what = bulk ? `${complete ? '' : 'at least '}${rows} of ${asked.length} rules overlap` : 'the rule overlaps'
  throw new DomainError('PREFIX_CONFLICT', `${what} another active rule of this operator${more}`, { conflicts })
}

/** Thousands of rules can overlap in millions of pairs, of which no more than an answer lists are kept. */
function collectConflicts() {
  const listed: Found[] = []
  const rows = new Set<number>()
  let complete = true
  return {
    /** Nothing more about this row would be told: looking on would take seconds where everything overlaps everything. */
    isSettled: (row: number): boolean => !complete && rows.has(row),
    add(found: Found): void {
      rows.add(found.row)
      if (listed.length < MAX_CONFLICTS) listed.push(found)
      else complete = false
    },
    result: () => ({ listed: listed.toSorted((a, b) => a.row - b.row), rows: rows.size, complete }),
  }
}
type Conflicts = ReturnType<typeof collectConflicts>

/** How `a` stands to `b` where both at once would leave open which one is meant. */
export function overlap(a: RuleSpan, b: RuleSpan): PrefixRelation | undefined {
  if (!selectorsOverlap(a, b)) return undefined
  const relation = prefixRelation(a.prefix, b.prefix)
  return relation !== 'EQUAL' && (a.allowNested || b.allowNested) ? undefined : relation
}

/** Sorted, a prefix stands right behind those that hold it: each is compared with the open ones alone. */
function amongThemselves(asked: readonly Asked[], found: Conflicts): void {
  const sorted = asked.toSorted((a, b) => compareText(a.span.prefix, b.span.prefix) || a.row - b.row)
  let open: Asked[] = []
  for (const next of sorted) {
    open = open.filter(({ span }) => next.span.prefix.startsWith(span.prefix))
    for (const other of open) {
      const [earlier, later] = other.row < next.row ? [other, next] : [next, other]
      if (found.isSettled(later.row)) continue
      const relation = overlap(earlier.span, later.span)
      if (relation !== undefined)
        found.add({ ...conflictOf(earlier.span, relation), row: later.row, withRow: earlier.row })
    }
    open.push(next)
  }
}

function withExisting(asked: readonly Asked[], existing: readonly RoutingRule[], found: Conflicts): void {
  for (const { span, row } of asked) {
    for (const rule of existing) {
      if (found.isSettled(row)) break
      const relation = overlap(rule, span)
      if (relation !== undefined) found.add({ ...conflictOf(rule, relation), row })
    }
  }
}

const conflictOf = (span: RuleSpan & Readonly<{ ruleId?: string }>, relation: PrefixRelation): RuleConflict => ({
  ruleId: span.ruleId ?? null,
  prefix: span.prefix,
  mcc: span.mcc,
  mnc: span.mnc,
  relation,
})

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
