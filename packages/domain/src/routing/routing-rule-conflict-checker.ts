import { DomainError, type RuleConflict } from '../errors.ts'
import { overlapIndex } from './overlap-index.ts'
import { selectorsOverlap } from './plmn.ts'
import { type PrefixRelation, prefixRelation } from './prefix.ts'
import type { RoutingRule, RuleSpan } from './routing-rule.ts'
import type { RoutingRuleChanges } from './routing-rule-changes.ts'

/** Conflicts that an answer lists beyond the first of each rule that fails. */
export const MAX_CONFLICTS = 1_000

type Asked = Readonly<{ span: RuleSpan; row: number }>
type Found = RuleConflict & Readonly<{ row: number }>
/** A rule in the way; `row` where it is asked for too. */
type Other = Readonly<{ span: RuleSpan & Readonly<{ ruleId?: string }>; row?: number }>

/**
 * Rejects with PREFIX_CONFLICT when an active rule among `asked` overlaps an earlier one of them or an active rule of the
 * operator; `except` is the rule that they replace. `bulk` names each row that fails. To be called under the operator's
 * lock.
 */
export async function routingRuleConflictChecker(
  rules: Pick<RoutingRuleChanges, 'overlapping'>,
  asked: readonly (RuleSpan & Pick<RoutingRule, 'active'>)[],
  { except, bulk = false }: Readonly<{ except?: string; bulk?: boolean }> = {},
): Promise<void> {
  const active = asked.flatMap((span, row) => (span.active ? [{ span, row }] : []))
  const existing = await rules.overlapping(
    active.map(({ span }) => span),
    // One more than could be listed: whatever was left out, the answer knows that it is not complete.
    active.length + MAX_CONFLICTS + 1,
    except,
  )
  const { listed, failing, complete } = conflictsAmong(active, existing)
  if (failing === 0) return
  const conflicts = bulk ? listed : listed.map(({ row: _row, ...conflict }) => conflict)
  const more = complete ? '' : `; ${listed.length} overlaps are listed`
  const what = bulk ? `${failing} of ${asked.length} rules overlap` : 'the rule overlaps'
  throw new DomainError('PREFIX_CONFLICT', `${what} another active rule of this operator${more}`, { conflicts })
}

/** How `a` stands to `b` where both at once would leave open which one is meant. */
export function overlap(a: RuleSpan, b: RuleSpan): PrefixRelation | undefined {
  if (!selectorsOverlap(a, b)) return undefined
  const relation = prefixRelation(a.prefix, b.prefix)
  return relation !== 'EQUAL' && (a.allowNested || b.allowNested) ? undefined : relation
}

/** By rows. Thousands of rules can overlap in millions of pairs: no more are looked at than are listed. */
function conflictsAmong(asked: readonly Asked[], existing: readonly RoutingRule[]) {
  const inTheWay = overlapIndex<Other>(asked.map(({ span }) => span.prefix))
  for (const rule of existing) inTheWay.add(rule, { span: rule })
  const listed: Found[] = []
  let failing = 0
  let complete = true
  for (const { span, row } of asked) {
    let ofThisRow = 0
    for (const [other, relation] of inTheWay.overlapping(span)) {
      if (ofThisRow > 0 && listed.length - failing >= MAX_CONFLICTS) {
        complete = false
        break
      }
      if (ofThisRow === 0) failing += 1
      ofThisRow += 1
      listed.push({ ...conflictOf(other, relation), row })
    }
    inTheWay.add(span, { span, row })
  }
  return { listed, failing, complete }
}

const conflictOf = ({ span, row }: Other, relation: PrefixRelation): RuleConflict => ({
  ruleId: span.ruleId ?? null,
  prefix: span.prefix,
  mcc: span.mcc,
  mnc: span.mnc,
  relation,
  ...(row === undefined ? {} : { withRow: row }),
})
