import t, { type Test } from 'tap'
import { commitUnknown, committed } from '../../test/support/operators.ts'
import { aRuleBody, aWorldWithRules, blindPorts, refusal } from '../../test/support/rules.ts'
import { newOperatorId } from '../contracts/samples.ts'
import { softDeleteOperator } from '../operator/soft-delete-operator.ts'
import { getRoutingRule, listRoutingRules, ruleIdFrom } from './get-routing-rule.ts'
import type { UpdateRoutingRuleBody } from './routing-rule-bodies.ts'
import { parseRoutingRulePatch } from './routing-rule-commands.ts'
import { ruleValue } from './routing-rule-values.ts'
import { updateRoutingRule } from './update-routing-rule.ts'

type Refused = readonly [work: () => Promise<unknown>, expected: object, name?: string]

/** A world with the rule (+9370, 412/01) at version 2. */
async function aWorldWithRule() {
  const world = await aWorldWithRules(aRuleBody({ mcc: '412', mnc: '01' }))
  const [rule] = world.rules
  if (rule === undefined) throw new Error('no rule')
  const isRefused = async (t: Test, [work, expected, name = '']: Refused) => {
    const { error, before, after, woken } = await refusal(world.world, work)
    t.match(error, expected, name)
    t.same(after, before, 'nothing has changed')
    t.equal(woken, 0)
  }
  return { ...world, rule, ruleId: rule.ruleId, isRefused }
}

const PATCHES: readonly (readonly [UpdateRoutingRuleBody, object])[] = [
  [{ priority: 0 }, { priority: 0 }],
  [{ weight: 1 }, { weight: 1 }],
  [{ costPerSegment: 0.005 }, { costPerSegment: '0.005000' }],
  [{ currency: 'EUR' }, { currency: 'EUR' }],
  [{ active: false }, { active: false }],
  [{ allowNested: true }, { allowNested: true }],
  [{ mnc: '001' }, { mcc: '412', mnc: '001' }],
  [{ mnc: null }, { mcc: '412', mnc: null }],
  [{ mcc: '413' }, { mcc: '413', mnc: '01' }],
  [
    { mcc: null, mnc: null },
    { mcc: null, mnc: null },
  ],
]

for (const [body, changed] of PATCHES) {
  t.test(`US-OPS-05 AC3: ${JSON.stringify(body)} changes that alone, in one version`, async (t) => {
    const { world, operatorId, rule, ruleId, updateRule, store } = await aWorldWithRule()
    const before = ruleValue(rule)
    const answer = await updateRule(ruleId, body)
    const updatedAt = new Date('2026-11-20T12:01:00.000Z')
    t.same(answer, { rule: { ...rule, ...changed, updatedAt, updatedBy: 'zahra' }, version: 3 })
    t.same(await getRoutingRule(world, operatorId, ruleId), answer)
    const after = { ...before, ...changed }
    t.match(world.events(), [
      { payload: { version: 3, previousValues: { routingRules: [before] }, newValues: { routingRules: [after] } } },
    ])
    const resource = { type: 'routing-rule', id: ruleId }
    t.match(store.audit, [{ action: 'routing-rule.update', resource, version: 3, actor: 'zahra' }])
    t.same([store.audit[0]?.before, store.audit[0]?.after], [before, after])
    t.equal(store.audit.length + world.events().length + world.auditEvents().length, 3)
  })
}

t.test('US-OPS-05 AC3: a patch that changes nothing leaves no trace', async (t) => {
  const { world, rule, ruleId, updateRule } = await aWorldWithRule()
  const before = committed(world)
  const same: readonly UpdateRoutingRuleBody[] = [
    {},
    { mcc: '412' },
    { mnc: '01', priority: 10, weight: 100, active: true, allowNested: false },
    { costPerSegment: '0.0042' },
    { costPerSegment: 0.0042, currency: 'USD' },
  ]
  for (const body of same) t.same(await updateRule(ruleId, body), { rule, version: 2 }, JSON.stringify(body))
  t.same(committed(world), before)
})

t.test('a network code cannot lose its country', async (t) => {
  const { isRefused, updateRule, ruleId } = await aWorldWithRule()
  const errors = [{ path: 'mnc', message: 'needs an mcc' }]
  await isRefused(t, [() => updateRule(ruleId, { mcc: null }), { code: 'INVALID_PAYLOAD', errors }])
})

t.test(
  'US-OPS-05 AC2: a rule cannot be moved over another, nor wake up on one, and may stand where it is',
  async (t) => {
    const { world, isRefused, createRule, updateRule, ruleId, operatorId, context } = await aWorldWithRule()
    const { rule: other } = await createRule({ mcc: '413', mnc: '01' })
    const conflict = {
      code: 'PREFIX_CONFLICT',
      conflicts: [{ ruleId: other.ruleId, prefix: '+9370', mcc: '413', mnc: '01', relation: 'EQUAL' }],
    }
    for (const body of [{ mcc: '413' }, { mcc: '413', mnc: null }, { mcc: null, mnc: null }]) {
      await isRefused(t, [() => updateRule(ruleId, body), conflict])
    }
    const blind = blindPorts(world, 1)
    const patch = parseRoutingRulePatch({ mcc: '413' })
    const moved = () => updateRoutingRule(blind.ports, { operatorId, context, ruleId, patch })
    await isRefused(t, [moved, conflict, 'as told by the database, too'])

    await updateRule(ruleId, { mcc: '413', active: false })
    await isRefused(t, [() => updateRule(ruleId, { active: true }), conflict])
    t.equal((await updateRule(ruleId, { mnc: '02', active: true })).version, 5)
  },
)

t.test('US-OPS-05 AC4: a deleted rule is gone for good, and history knows it', async (t) => {
  const { world, isRefused, operatorId, rule, ruleId, deleteRule, createRule, store } = await aWorldWithRule()
  t.equal(await deleteRule(ruleId), 3)
  await t.rejects(getRoutingRule(world, operatorId, ruleId), { code: 'ROUTING_RULE_NOT_FOUND' })
  const payload = { version: 3, previousValues: { routingRules: [ruleValue(rule)] }, newValues: { routingRules: [] } }
  t.match(world.events(), [{ payload }])
  t.match(store.audit, [{ action: 'routing-rule.delete', resource: { type: 'routing-rule', id: ruleId }, after: null }])
  t.same(store.audit[0]?.before, ruleValue(rule))
  await isRefused(t, [() => deleteRule(ruleId), { code: 'ROUTING_RULE_NOT_FOUND' }])
  t.equal((await createRule({ mcc: '412', mnc: '01' })).version, 4, 'its place is free')
})

t.test('only a rule of a live operator, and of this one, can be changed', async (t) => {
  const { world, isRefused, ports, ruleId, operatorId, context, updateRule, deleteRule } = await aWorldWithRule()
  const unknown = crypto.randomUUID()
  await isRefused(t, [() => updateRule(unknown, { weight: 1 }), { code: 'ROUTING_RULE_NOT_FOUND' }])
  await isRefused(t, [() => deleteRule(unknown), { code: 'ROUTING_RULE_NOT_FOUND' }])
  const other = await world.create({ name: 'Etisalat', port: 1 })
  const foreign = { operatorId: other.operator.operatorId, context, ruleId, patch: {} }
  await isRefused(t, [() => updateRoutingRule(ports, foreign), { code: 'ROUTING_RULE_NOT_FOUND' }])
  await isRefused(t, [() => updateRule(ruleId, { weight: 1 }, { ifMatch: ['1'] }), { code: 'VERSION_MISMATCH' }])
  await isRefused(t, [() => updateRule(ruleId, {}, { ifMatch: ['1'] }), { code: 'VERSION_MISMATCH' }])
  await isRefused(t, [() => deleteRule(unknown, { ifMatch: ['1'] }), { code: 'VERSION_MISMATCH' }])
  t.equal((await updateRule(ruleId, { weight: 2 }, { ifMatch: ['2'] })).version, 3)
  t.equal(await deleteRule(ruleId, { ifMatch: '*' }), 4)
  await softDeleteOperator(ports, { operatorId, context })
  await isRefused(t, [() => updateRule(ruleId, { weight: 1 }), { code: 'OPERATOR_NOT_FOUND' }])
  await isRefused(t, [() => deleteRule(ruleId), { code: 'OPERATOR_NOT_FOUND' }])
})

t.test('a change of unknown outcome is answered by what stands', async (t) => {
  const { world, isRefused, ruleId, updateRule, deleteRule } = await aWorldWithRule()
  world.operators.faults.fail('change', commitUnknown, { once: true, afterwards: true })
  t.match(await updateRule(ruleId, { weight: 7 }), { rule: { weight: 7 }, version: 3 })
  world.operators.faults.fail('change', commitUnknown, { once: true })
  const message = 'the routing rules were not changed: the database lost the connection'
  await isRefused(t, [() => deleteRule(ruleId), { code: 'DEPENDENCY_UNAVAILABLE', message, retryAfter: 1 }])
  world.operators.faults.fail('change', commitUnknown, { once: true, afterwards: true })
  t.equal(await deleteRule(ruleId), 4)
})

t.test('rules are read with the version of their operator, and only while it lives', async (t) => {
  const { ports, operatorId, rule, ruleId, createRule, context } = await aWorldWithRule()
  const { rule: other } = await createRule({ prefix: '+1' })
  t.same(await getRoutingRule(ports, operatorId, ruleId), { rule, version: 3 })
  await t.rejects(getRoutingRule(ports, operatorId, crypto.randomUUID()), { code: 'ROUTING_RULE_NOT_FOUND' })
  await t.rejects(getRoutingRule(ports, newOperatorId(), ruleId), { code: 'OPERATOR_NOT_FOUND' })
  const query = { operatorId, page: 1, limit: 10, sort: { field: 'prefix', descending: false } } as const
  t.same(await listRoutingRules(ports, query), { rules: [other, rule], total: 2, version: 3 })
  await softDeleteOperator(ports, { operatorId, context })
  await t.rejects(getRoutingRule(ports, operatorId, ruleId), { code: 'OPERATOR_NOT_FOUND' })
  await t.rejects(listRoutingRules(ports, query), { code: 'OPERATOR_NOT_FOUND' })
})

t.test('an id that cannot be one names no rule', async (t) => {
  const id = '0f8fad5b-d9cb-469f-a165-70867728950e'
  t.equal(ruleIdFrom(id), id)
  for (const raw of ['', 'x', id.toUpperCase(), ` ${id}`, `${id}\n`, id.slice(1), id.replaceAll('-', '')]) {
    t.throws(() => ruleIdFrom(raw), { code: 'ROUTING_RULE_NOT_FOUND' }, JSON.stringify(raw))
  }
})
