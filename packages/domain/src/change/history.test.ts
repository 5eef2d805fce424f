import t from 'tap'
import { aWorld, by } from '../../test/support/operators.ts'
import { aRuleBody, aWorldWithRules } from '../../test/support/rules.ts'
import { aHealth, aHealthTransition, aProvisionalOperator, newOperatorId } from '../contracts/samples.ts'
import { listHealthLog } from '../health/health-log.ts'
import { softDeleteOperator } from '../operator/soft-delete-operator.ts'
import { checkedEvent } from '../outbox/event-schemas.ts'
import type { OutboxEvent } from '../outbox/outbox-event.ts'
import { listAuditLog } from './audit-log.ts'

t.test('the history of all, or of an operator that is or was, can be read', async (t) => {
  const { ports, create } = aWorld()
  const [one, two] = [(await create()).operator, (await create({ name: 'Etisalat', port: 1 })).operator]
  await softDeleteOperator(ports, { operatorId: one.operatorId, context: by('zahra') })
  const actions = async (query: Parameters<typeof listAuditLog>[1]) =>
    (await listAuditLog(ports, query)).entries.map(({ action }) => action).toSorted()
  t.same(await actions({ limit: 10 }), ['operator.create', 'operator.create', 'operator.delete'])
  t.same(await actions({ limit: 10, operatorId: one.operatorId }), ['operator.create', 'operator.delete'])
  t.same(await actions({ limit: 10, operatorId: two.operatorId, actor: 'zahra' }), [])
})

t.test('an operator that never was, or is not finished, has neither history nor a health log', async (t) => {
  const { ports, operators } = aWorld()
  const draft = aProvisionalOperator()
  await operators.insertProvisional(draft, 60)
  for (const operatorId of [newOperatorId(), draft.operatorId]) {
    await t.rejects(listAuditLog(ports, { operatorId, limit: 10 }), { code: 'OPERATOR_NOT_FOUND' })
    await t.rejects(listHealthLog(ports, { operatorId, limit: 10 }), { code: 'OPERATOR_NOT_FOUND' })
  }
})

t.test('the health log of an operator that is or was can be read', async (t) => {
  const { ports, create, health } = aWorld()
  const { operatorId } = (await create()).operator
  t.same(await listHealthLog(ports, { operatorId, limit: 10 }), { transitions: [], next: null })
  const state = aHealth(operatorId)
  const logged = aHealthTransition(state, 'UNKNOWN')
  await health.change([operatorId], () => ({ states: [state], transitions: [logged] }))
  const page = { transitions: [logged.transition], next: null }
  t.same(await listHealthLog(ports, { operatorId, limit: 10 }), page)
  await softDeleteOperator(ports, { operatorId, context: by('zahra') })
  t.same(await listHealthLog(ports, { operatorId, limit: 10 }), page)
})

/** `audit.admin.v1` of one change of each kind. */
async function everyAuditEvent(): Promise<readonly OutboxEvent[]> {
  const { world, createRule, createRules, auditEvents, operatorId, update } = await aWorldWithRules()
  const { rule } = await createRule()
  await createRules([aRuleBody({ prefix: '+1' }), aRuleBody({ prefix: '+2' })])
  await update(operatorId, { tpsLimit: { maxTps: 9 }, notes: 'a note' })
  await softDeleteOperator(world.ports, { operatorId, context: by(rule.createdBy) })
  return auditEvents()
}

t.test('no side of an audit event has room for a secret', async (t) => {
  const events = await everyAuditEvent()
  t.same(
    events.map(({ payload }) => payload.action),
    ['routing-rule.create', 'routing-rules.create', 'operator.update', 'operator.delete'],
  )
  for (const event of events) {
    t.equal(checkedEvent(event), event)
    for (const side of ['before', 'after'] as const) {
      const known = event.payload[side] as Record<string, unknown> | null
      for (const leak of [{ ...known, password: 'Canary-77' }, { password: 'Canary-77' }, 'Canary-77', ['Canary-77']]) {
        const leaking = { ...event, payload: { ...event.payload, [side]: leak } }
        t.throws(() => checkedEvent(leaking), { message: new RegExp(`at /${side}`) }, JSON.stringify(leak))
      }
    }
  }
})
