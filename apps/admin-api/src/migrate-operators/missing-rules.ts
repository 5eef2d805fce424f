import { type NewRoutingRule, overlap } from '@oms/domain'
import type { Cells, Column } from './columns.ts'
import { distinct, type Problem } from './problem.ts'

export type MissingRules = Readonly<{ missing: readonly NewRoutingRule[]; problems: readonly Problem[] }>

/** One of each is all that an operator may have. */
export const ruleKey = ({ prefix, mcc, mnc }: NewRoutingRule): string => `${prefix} ${mcc ?? ''} ${mnc ?? ''}`

/**
 * Which of `asked` the operator lacks, `held` being its rules. A rule that it has must be equal in every given cell, one that it
 * lacks may overlap neither its rules nor another one of the row; else nothing is missing and `problems` says why.
 */
export function missingRules(
  asked: readonly NewRoutingRule[],
  held: readonly NewRoutingRule[],
  cells: Cells,
): MissingRules {
  const problems: Problem[] = []
  const missing: NewRoutingRule[] = []
  const byKey = new Map(held.map((rule) => [ruleKey(rule), rule]))
  for (const [index, rule] of asked.entries()) {
    const same = byKey.get(ruleKey(rule))
    if (same !== undefined) problems.push(...differences(rule, same, cells))
    else {
      problems.push(...conflicts(rule, { index, asked, held }))
      missing.push(rule)
    }
  }
  return problems.length > 0 ? { missing: [], problems: distinct(problems) } : { missing, problems }
}

function differences(asked: NewRoutingRule, held: NewRoutingRule, cells: Cells): Problem[] {
  const columns = Object.entries(COMPARED).filter(
    ([column, member]) => cells[column as Column] !== undefined && asked[member] !== held[member],
  )
  const found = columns.map(
    ([column]): Problem => ({
      column: column as Column,
      code: 'EXISTS_DIFFERENT',
      message: `differs from the rule ${held.prefix} that the operator has`,
    }),
  )
  if (held.active) return found
  const inactive = `the operator has the rule ${held.prefix}, but it is not active`
  return [...found, { column: 'prefixes', code: 'EXISTS_DIFFERENT', message: inactive }]
}

const COMPARED = {
  priority: 'priority',
  weight: 'weight',
  cost_per_segment: 'costPerSegment',
  currency: 'currency',
} as const satisfies Partial<Record<Column, keyof NewRoutingRule>>

type Relation = NonNullable<ReturnType<typeof overlap>>

/** How what is asked for stands to what is there. */
const RELATIONS: Readonly<Record<Relation, string>> = {
  EQUAL: 'is the same as',
  SHADOWS: 'lies within',
  SHADOWED_BY: 'includes',
}

function conflicts(
  rule: NewRoutingRule,
  {
    index,
    asked,
    held,
  }: Readonly<{ index: number; asked: readonly NewRoutingRule[]; held: readonly NewRoutingRule[] }>,
): Problem[] {
  const problem = (relation: Relation, what: string): Problem => ({
    column: 'prefixes',
    code: 'PREFIX_CONFLICT',
    message: `prefix ${index + 1} ${RELATIONS[relation]} ${what}`,
  })
  const ofOperator = held.flatMap((other) => {
    const relation = other.active ? overlap(other, rule) : undefined
    return relation === undefined ? [] : [problem(relation, `the operator's rule ${other.prefix}`)]
  })
  const ofRow = asked.slice(0, index).flatMap((other, place) => {
    const relation = overlap(other, rule)
    return relation === undefined ? [] : [problem(relation, `prefix ${place + 1} of the same row`)]
  })
  return [...ofOperator, ...ofRow]
}
