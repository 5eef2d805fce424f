import { isRecord } from './is-record.ts'
import type { Operator, RoutingRule } from './operator.ts'

type Values = Readonly<Record<string, unknown>>

/** What the directory needs of an event on `operator.config.>`; `version` is the operator's after the change. */
export type ConfigEvent = Readonly<{ operatorId: string; version: number }> &
  (
    | Readonly<{ kind: 'created' | 'deleted' }>
    | Readonly<{ kind: 'updated'; changedFields: readonly unknown[]; newValues: Values; at: string; by: string }>
  )

/** Undefined for a subject that this client does not know: such may come at any time. `malformed` where the contract is broken. */
export function configEvent(subject: string, payload: Values): ConfigEvent | 'malformed' | undefined {
  const kind = KINDS.get(subject)
  if (kind === undefined) return undefined
  const { operatorId, version } = payload
  if (typeof operatorId !== 'string' || typeof version !== 'number' || !Number.isSafeInteger(version))
    return 'malformed'
  if (kind !== 'updated') return { kind, operatorId, version }
  const { changedFields, newValues, updatedAt: at, updatedBy: by } = payload
  if (!Array.isArray(changedFields) || !isRecord(newValues) || typeof at !== 'string' || typeof by !== 'string')
    return 'malformed'
  return { kind, operatorId, version, changedFields, newValues, at, by }
}

const KINDS: ReadonlyMap<string, ConfigEvent['kind']> = new Map([
  ['operator.config.created.v1', 'created'],
  ['operator.config.updated.v1', 'updated'],
  ['operator.config.deleted.v1', 'deleted'],
])

export const rotatesCredentials = (event: ConfigEvent): boolean =>
  event.kind === 'updated' && event.changedFields.includes('credentials')

/**
 * `operator` after the event that follows its version; undefined where the event does not tell all of it, as with more
 * than 100 rules. Fields that `operator` does not have are passed over.
 */
export function updatedOperator(operator: Operator, event: ConfigEvent & { kind: 'updated' }): Operator | undefined {
  const { version, changedFields, newValues, at: updatedAt, by: updatedBy } = event
  const fields: Record<string, unknown> = {}
  const tpsLimit: Record<string, unknown> = {}
  for (const path of changedFields) {
    if (typeof path !== 'string' || !Object.hasOwn(newValues, path)) return undefined
    const [field, member] = placeOf(path)
    const value = newValues[path]
    if (field === 'rules') {
      const rules = mergedRules(operator, value, event)
      if (rules === undefined) return undefined
      fields.rules = rules
    } else if (field === 'tpsLimit' && Object.hasOwn(operator.tpsLimit, member)) tpsLimit[member] = value
    else if (field !== 'tpsLimit' && Object.hasOwn(operator, field)) fields[field] = value
  }
  const { operatorId } = operator
  const changed = { ...operator, ...fields, tpsLimit: { ...operator.tpsLimit, ...tpsLimit } }
  return { ...changed, operatorId, version, updatedAt, updatedBy }
}

/** Where in an operator the value of a path of `changedFields` is. */
function placeOf(path: string): readonly [field: string, member: string] {
  if (path === 'routingRules') return ['rules', '']
  if (path === 'credentials') return ['credentialsVersion', '']
  const [field = '', member = ''] = path.split('.')
  return [field, member]
}

/** An event leaves out who wrote a rule and when: for rules that it adds or changes that is the event's own. */
function mergedRules(
  { operatorId, rules }: Operator,
  told: unknown,
  { at, by }: Readonly<{ at: string; by: string }>,
): readonly RoutingRule[] | undefined {
  if (!Array.isArray(told)) return undefined
  const before = new Map(rules.map((rule) => [rule.ruleId, rule]))
  const created = { operatorId, createdAt: at, createdBy: by }
  const after: RoutingRule[] = []
  for (const rule of told) {
    if (!isRuleInEvent(rule)) return undefined
    const known = before.get(rule.ruleId)
    const same = known !== undefined && Object.entries(rule).every(([name, value]) => value === valueOf(known, name))
    after.push(same ? known : { ...created, ...known, ...rule, updatedAt: at, updatedBy: by })
  }
  return after
}

const valueOf = (rule: Readonly<Record<string, unknown>>, name: string): unknown => rule[name]

type RuleInEvent = Omit<RoutingRule, 'operatorId' | 'createdAt' | 'createdBy' | 'updatedAt' | 'updatedBy'>

const isRuleInEvent = (rule: unknown): rule is RuleInEvent =>
  isRecord(rule) && typeof rule.ruleId === 'string' && typeof rule.prefix === 'string'
