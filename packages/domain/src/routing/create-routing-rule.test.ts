import t, { type Test } from 'tap'
import { by, commitUnknown, databaseAway } from '../../test/support/operators.ts'
import { aRuleBody, aWorldWithRules, blindPorts, manyBodies, refusal } from '../../test/support/rules.ts'
import { newOperatorId } from '../contracts/samples.ts'
import { softDeleteOperator } from '../operator/soft-delete-operator.ts'
import { checkRoutingRules, createRoutingRule } from './create-routing-rule.ts'
import { getRoutingRule } from './get-routing-rule.ts'
import { parseCreateRoutingRule, parseCreateRoutingRules } from './routing-rule-commands.ts'
import { MAX_LISTED_RULES, ruleValue } from './routing-rule-values.ts'

/** That `work` rejects so and leaves everything as it was. */
async function isRefused(
  t: Test,
  { world }: Awaited<ReturnType<typeof aWorldWithRules>>,
  [work, expected, name = '']: readonly [() => Promise<unknown>, object, string?],
): Promise<void> {
  const { error, before, after, woken } = await refusal(world, work)
  t.match(error, expected, name)
  t.same(after, before, 'nothing has changed')
  t.equal(woken, 0)
}
const parsed = parseCreateRoutingRule(aRuleBody())

t.test(
  'US-OPS-05 AC1: a rule is made at the next version of its operator, told by one event and one entry',
  async (t) => {
    const world = await aWorldWithRules()
    const { operatorId } = world
    const { rule, version } = await world.createRule({ mcc: '412', mnc: '01', costPerSegment: 1.5 })
    const at = new Date('2026-11-20T12:01:00.000Z')
    const { ruleId } = rule
    const value = {
      ruleId,
      prefix: '+9370',
      mcc: '412',
      mnc: '01',
      priority: 10,
      weight: 100,
      costPerSegment: '1.500000',
      currency: 'USD',
      active: true,
      allowNested: false,
    }
    t.same(rule, { ...value, operatorId, createdAt: at, createdBy: 'zahra', updatedAt: at, updatedBy: 'zahra' })
    t.equal(version, 2)
    t.same(await getRoutingRule(world.ports, operatorId, ruleId), { rule, version })
    t.match((await world.operators.find(operatorId))?.operator, { version: 2, updatedAt: at, updatedBy: 'zahra' })

    const [event, ...others] = world.events()
    t.same(others, [])
    t.match(event, { operatorId, subject: 'operator.config.updated.v1', traceparent: by('zahra').traceparent })
    t.same(event?.payload, {
      schemaVersion: '1',
      eventId: event?.eventId,
      operatorId,
      version: 2,
      changedFields: ['routingRules'],
      previousValues: { routingRules: [] },
      newValues: { routingRules: [value] },
      updatedAt: at.toISOString(),
      updatedBy: 'zahra',
    })
    const [entry, ...more] = world.store.audit
    t.same(more, [])
    t.match(entry, {
      at,
      actor: 'zahra',
      action: 'routing-rule.create',
      operatorId,
      resource: { type: 'routing-rule', id: ruleId },
      version: 2,
      before: null,
      requestId: 'request-7',
    })
    t.same(entry?.after, value)
    t.match(world.auditEvents(), [
      { eventId: entry?.auditId, payload: { action: 'routing-rule.create', after: value } },
    ])
    t.equal(world.wakes.count, 1)
  },
)

t.test('US-OPS-05 AC2: a rule that overlaps is refused by the name of what it overlaps', async (t) => {
  const world = await aWorldWithRules(aRuleBody({ prefix: '+93' }))
  const [{ ruleId } = { ruleId: '' }] = world.rules
  const conflicts = [{ ruleId, prefix: '+93', mcc: null, mnc: null, relation: 'SHADOWS' }]
  await isRefused(t, world, [() => world.createRule(), { code: 'PREFIX_CONFLICT', conflicts }])
  t.equal((await world.createRule({ allowNested: true })).version, 3)
})

t.test('US-OPS-05 AC2: an overlap that only the database saw is looked for once more, and named', async (t) => {
  const world = await aWorldWithRules(aRuleBody())
  const { operatorId, context, rules, deleteRule } = world
  const command = { operatorId, context, rule: parsed }
  const named = blindPorts(world, 1)
  await isRefused(t, world, [
    () => createRoutingRule(named.ports, command),
    { code: 'PREFIX_CONFLICT', conflicts: [{ ruleId: rules[0]?.ruleId, relation: 'EQUAL' }] },
  ])
  t.equal(named.tries.count, 2)

  const blind = blindPorts(world, 9)
  await isRefused(t, world, [
    () => createRoutingRule(blind.ports, command),
    { code: 'PREFIX_CONFLICT', conflicts: undefined },
    'never more often than once',
  ])
  t.equal(blind.tries.count, 2)

  const gone = blindPorts(world, 1, () => deleteRule(rules[0]?.ruleId ?? ''))
  t.equal((await createRoutingRule(gone.ports, command)).version, 4, 'what was in the way may be gone by then')
  t.equal(world.store.rules.get(operatorId)?.size, 1)
})

t.test('an operator that is unknown or deleted gets no rule', async (t) => {
  const world = await aWorldWithRules()
  const { operatorId, context, ports } = world
  await softDeleteOperator(ports, { operatorId, context })
  for (const id of [operatorId, newOperatorId()]) {
    const work = () => createRoutingRule(ports, { operatorId: id, context, rule: parsed })
    await isRefused(t, world, [work, { code: 'OPERATOR_NOT_FOUND' }])
  }
})

t.test('If-Match speaks of the operator, before the rules are looked at', async (t) => {
  const world = await aWorldWithRules(aRuleBody())
  await isRefused(t, world, [() => world.createRule({}, { ifMatch: ['1'] }), { code: 'VERSION_MISMATCH' }])
  const bulk = () => world.createRules(manyBodies(1), { ifMatch: ['1'] })
  await isRefused(t, world, [bulk, { code: 'VERSION_MISMATCH' }])
  t.equal((await world.createRule({ prefix: '+1' }, { ifMatch: ['2'] })).version, 3)
})

t.test('a create of unknown outcome is answered by what stands', async (t) => {
  const world = await aWorldWithRules()
  world.operators.faults.fail('change', commitUnknown, { once: true, afterwards: true })
  const { rule, version } = await world.createRule()
  t.same(await getRoutingRule(world.ports, world.operatorId, rule.ruleId), { rule, version })
  t.equal(world.events().length, 1)
  t.equal(world.wakes.count, 1)

  for (const [fault, retryAfter] of [
    [commitUnknown, 1],
    [databaseAway, undefined],
  ] as const) {
    world.operators.faults.fail('change', fault, { once: true })
    const refused = { code: 'DEPENDENCY_UNAVAILABLE', retryAfter }
    await isRefused(t, world, [() => world.createRule({ prefix: '+1' }), refused])
  }
})

t.test('up to 100 rules an event lists them all, above that it tells their number', async (t) => {
  const world = await aWorldWithRules(...manyBodies(MAX_LISTED_RULES - 1))
  await world.createRule()
  const [full] = world.events()
  const sides = (event: typeof full) =>
    event?.payload as Record<'previousValues' | 'newValues', { routingRules: unknown }>
  const counted = (count: number) => ({ count, truncated: true })
  t.equal((sides(full).previousValues.routingRules as unknown[]).length, 99)
  t.equal((sides(full).newValues.routingRules as unknown[]).length, 100)

  const { rule } = await world.createRule({ prefix: '+44' })
  const [, above] = world.events()
  t.equal((sides(above).previousValues.routingRules as unknown[]).length, 100)
  t.same(sides(above).newValues.routingRules, counted(101))
  await world.deleteRule(rule.ruleId)
  const [, , below] = world.events()
  t.same(sides(below).previousValues.routingRules, counted(101))
  t.equal((sides(below).newValues.routingRules as unknown[]).length, 100)
})

t.test('a bulk is one version, one entry and one event, however long', async (t) => {
  for (const count of [2, MAX_LISTED_RULES, MAX_LISTED_RULES + 1]) {
    const world = await aWorldWithRules()
    const { operatorId } = world
    const { rules, version } = await world.createRules(manyBodies(count))
    t.equal(rules.length, count)
    t.equal(version, 2)
    t.equal(world.store.rules.get(operatorId)?.size, count)
    t.equal(world.events().length, 1)
    t.equal(world.wakes.count, 1)
    const listed = rules.map(ruleValue)
    const told = count > MAX_LISTED_RULES ? { count, truncated: true } : listed
    t.match(world.events()[0]?.payload, {
      version: 2,
      changedFields: ['routingRules'],
      newValues: { routingRules: told },
    })
    t.equal(world.store.audit.length, 1)
    const resource = { type: 'routing-rules', id: operatorId }
    t.match(world.store.audit, [{ action: 'routing-rules.create', resource, version: 2, before: null }])
    t.same(world.store.audit[0]?.after, { routingRules: listed }, 'history has them all')
    t.same(world.auditEvents()[0]?.payload.after, { routingRules: told })
  }
})

t.test('a bulk is all or nothing, and says which rows fail; a dry run says the same and writes nothing', async (t) => {
  const world = await aWorldWithRules(aRuleBody({ prefix: '+93' }))
  const { operatorId, context, ports } = world
  const bodies = [aRuleBody({ prefix: '+1' }), aRuleBody(), aRuleBody({ prefix: '+12' }), aRuleBody({ prefix: '+44' })]
  const check = (rules: typeof bodies) =>
    checkRoutingRules(ports, { operatorId, context, rules: parseCreateRoutingRules({ rules }) })
  const refused = {
    code: 'PREFIX_CONFLICT',
    message: /^2 of 4 rules overlap/,
    conflicts: [
      { row: 1, ruleId: world.rules[0]?.ruleId, relation: 'SHADOWS' },
      { row: 2, withRow: 0, ruleId: null, relation: 'SHADOWS' },
    ],
  }
  await isRefused(t, world, [() => world.createRules(bodies), refused])
  await isRefused(t, world, [() => check(bodies), refused])

  const good = [aRuleBody({ prefix: '+1' }), aRuleBody({ prefix: '+44' })]
  const { error, before, after } = await refusal(world, () => check(good))
  t.equal(error, undefined)
  t.same(after, before, 'a dry run leaves no trace')
  t.equal(await check(good), 2, 'and tells the version that it saw')
  t.equal((await world.createRules(good)).version, 3)
})

t.test('of a hundred creates of equal prefixes at once one wins, of a hundred operators all do', async (t) => {
  const world = await aWorldWithRules()
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => world.createRule()))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'PREFIX_CONFLICT' })
  }
  t.match((await world.operators.find(world.operatorId))?.operator, { version: 2 })

  const ids = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const { operator } = await world.create({ name: `Carrier ${index}`, port: index + 1 })
      return operator.operatorId
    }),
  )
  const { ports, context } = world
  const made = await Promise.all(
    ids.map((operatorId) => createRoutingRule(ports, { operatorId, context, rule: parsed })),
  )
  t.ok(made.every(({ version }) => version === 2))
})

t.test('with a claim the answer is kept in the change, and a second change with it does not happen', async (t) => {
  const world = await aWorldWithRules()
  const claim = { subject: 'zahra', key: 'k1', fingerprint: 'f' }
  const once = { claim, answerTo: ({ version }: Readonly<{ version: number }>) => ({ status: 201, version }) }
  await world.createRule({}, { once })
  t.same(await world.idempotency.find(claim), { fingerprint: 'f', answer: { status: 201, version: 2 } })
  const again = () => world.createRule({ prefix: '+1' }, { once })
  await isRefused(t, world, [again, { name: 'IdempotencyKeyTaken' }])

  const other = { ...once, claim: { ...claim, key: 'k2' } }
  await isRefused(t, world, [() => world.createRule({}, { once: other }), { code: 'PREFIX_CONFLICT' }])
  t.equal(await world.idempotency.find(other.claim), undefined, 'a refusal keeps nothing')
  t.equal((await world.createRule({ prefix: '+1' }, { once: other })).version, 3)
})
