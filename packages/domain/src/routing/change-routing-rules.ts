import { type Once } from '../change/idempotency.ts'
import type { AuditAction, AuditResource, AuditView } from '../change/audit-entry.ts'
import { recordChange } from '../change/recorded-change.ts'
import { isDomainError } from '../errors.ts'
import { type ChangeOperatorPorts, changeOperator } from '../operator/change-operator.ts'
import { type Operator, revised } from '../operator/operator.ts'
import { updatedPayload } from '../operator/operator-changes.ts'
import type { OperatorChange } from '../operator/operator-repository.ts'
import { assertVersion } from '../operator/version-precondition.ts'
import type { RuleChangeCommand } from './routing-rule-commands.ts'
import { inventoryValue, MAX_LISTED_RULES } from './routing-rule-values.ts'

export type ChangeRoutingRulesPorts = ChangeOperatorPorts & Readonly<{ newEventId: () => string }>

/** What a rule change adds to the history. */
export type RuleHistory = Readonly<{
  action: AuditAction
  resource: AuditResource
  before: AuditView | null
  after: AuditView | null
}>

/** `T` with the operator's version that it belongs to. */
export type Versioned<T> = T & Readonly<{ version: number }>

/** Writes rules and their change of the operator; `write` is not to be called twice. */
type Write = (work: () => Promise<void>, history: RuleHistory) => Promise<Operator>

/**
 * One change of an operator's rules under its row lock, whose event carries the rules before and after. An overlap that
 * only the database saw is looked for once more, so that the answer can name it.
 */
export async function changeRoutingRules<T>(
  ports: ChangeRoutingRulesPorts,
  command: RuleChangeCommand & Readonly<{ once?: Once<T> | undefined }>,
  work: (change: OperatorChange, write: Write) => Promise<T>,
): Promise<T> {
  const { operatorId, ifMatch, context, once } = command
  const recording = { eventId: ports.newEventId(), auditId: ports.newEventId(), context }
  const plan = { operatorId, eventId: recording.eventId, once, undone: 'the routing rules were not changed' }

  const attempt = () =>
    changeOperator(ports, plan, async (change) => {
      assertVersion(change.operator, ifMatch)
      return work(change, async (writeRules, history) => {
        const before = inventoryValue(await change.rules.inventory(MAX_LISTED_RULES))
        await writeRules()
        const after = inventoryValue(await change.rules.inventory(MAX_LISTED_RULES))
        const next = revised(change.operator, {}, { actor: context.actor, at: change.at })
        const diff = {
          changedFields: ['routingRules'],
          previousValues: { routingRules: before },
          newValues: { routingRules: after },
        }
        const { version, updatedAt: at } = next
        const event = { subject: 'operator.config.updated.v1', payload: updatedPayload(next, diff, recording) } as const
        await change.record(next, recordChange({ operatorId, version, at, ...history, event }, recording))
        return next
      })
    })

  try {
    return await attempt()
  } catch (error) {
    if (isDomainError(error, 'PREFIX_CONFLICT') && error.conflicts === undefined) return attempt()
    throw error
  }
}
