import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { aWorld, by, commitUnknown, committed, databaseAway, errorOf, vaultAway } from '../../test/support/operators.ts'
import { newOperatorId } from '../contracts/samples.ts'
import { micros } from '../health/micros.ts'
import { getOperator, operatorIdFrom } from './get-operator.ts'
import { getOperatorCredentials } from './get-operator-credentials.ts'
import { listOperators } from './list-operators.ts'
import { OperatorConfigDeleted } from './operator-events.ts'
import type { OperatorId } from './operator-id.ts'
import type { OperatorQuery } from './operator-repository.ts'
import { softDeleteOperator } from './soft-delete-operator.ts'
import { sweepCredentials } from './sweep-credentials.ts'
import type { VersionPrecondition } from './version-precondition.ts'

const DAY = 86_400
const everything: OperatorQuery = {
  includeDeleted: false,
  page: 1,
  limit: 50,
  sort: { field: 'name', descending: false },
}

async function aWorldWithRoshan() {
  const world = aWorld()
  const { operator } = await world.create()
  world.store.outbox.clear()
  world.wakes.count = 0
  world.passSeconds(60)
  const { operatorId } = operator
  const remove = (ifMatch?: VersionPrecondition) =>
    softDeleteOperator(world.ports, {
      operatorId,
      context: by('zahra'),
      ...(ifMatch === undefined ? {} : { ifMatch }),
    })
  return { ...world, world, operator, operatorId, remove }
}

t.test(
  'US-OPS-03 AC1: a delete sets the time, makes the operator INACTIVE from any status, and keeps its record',
  async (t) => {
    for (const statuses of [[], ['ACTIVE'], ['ACTIVE', 'SUSPENDED']] as const) {
      const { world, operatorId, store, remove } = await aWorldWithRoshan()
      for (const status of statuses) await world.update(operatorId, { status })
      await remove()
      const deletedAt = new Date('2026-11-20T12:01:00.000Z')
      const version = 2 + statuses.length
      t.match(store.operators.get(operatorId)?.operator, {
        status: 'INACTIVE',
        name: 'Roshan',
        version,
        deletedAt,
        updatedAt: deletedAt,
        updatedBy: 'zahra',
      })
      t.match(store.audit.at(-1), {
        actor: 'zahra',
        action: 'operator.delete',
        version,
        before: { status: statuses.at(-1) ?? 'INACTIVE', deletedAt: null },
        after: { status: 'INACTIVE', deletedAt: '2026-11-20T12:01:00.000Z' },
      })
    }
  },
)

t.test(
  'US-OPS-03 AC2: a deleted operator is not found, nor are its credentials, nor can it be deleted again',
  async (t) => {
    const { ports, world, operatorId, remove } = await aWorldWithRoshan()
    await remove()
    const before = committed(world)
    await t.rejects(getOperator(ports, operatorId), { code: 'OPERATOR_NOT_FOUND' })
    await t.rejects(getOperatorCredentials(ports, operatorId), { code: 'OPERATOR_NOT_FOUND' })
    await t.rejects(remove(), { code: 'OPERATOR_NOT_FOUND' })
    t.same(committed(world), before)
    t.equal(await world.passwordOf(operatorId, 1), 'pa55word', 'though the secret is kept for a while')
  },
)

t.test('US-OPS-03 AC3: a list leaves deleted operators out unless it is asked for them', async (t) => {
  const { ports, world, operatorId, remove } = await aWorldWithRoshan()
  const other = await world.create({ name: 'Etisalat', port: 1 })
  await remove()
  const idsOf = async (query: Partial<OperatorQuery>) =>
    (await listOperators(ports, { ...everything, ...query })).views.map(({ operator }) => operator.operatorId)
  t.same(await idsOf({}), [other.operator.operatorId])
  t.same(await idsOf({ includeDeleted: true }), [other.operator.operatorId, operatorId])
})

t.test('US-OPS-03 AC4: operator.config.deleted.v1 is committed with the delete, and the relay is woken', async (t) => {
  const { operatorId, events, wakes, remove } = await aWorldWithRoshan()
  await remove()
  const [event, ...others] = events()
  t.same(others, [])
  t.match(event, { operatorId, subject: 'operator.config.deleted.v1', traceparent: by('zahra').traceparent })
  t.ok(Value.Check(OperatorConfigDeleted, event?.payload))
  t.same(event?.payload, {
    schemaVersion: '1',
    eventId: event?.eventId,
    operatorId,
    version: 2,
    deletedAt: '2026-11-20T12:01:00.000Z',
    deletedBy: 'zahra',
  })
  t.equal(wakes.count, 1)
})

t.test('US-OPS-03 AC5: the same triple and name can be created again, as another operator', async (t) => {
  const { ports, world, operatorId, remove } = await aWorldWithRoshan()
  await remove()
  const { operator } = await world.create({ password: 'another' })
  t.not(operator.operatorId, operatorId)
  t.equal(operator.version, 1)
  const { credentials } = await getOperatorCredentials(ports, operator.operatorId)
  t.equal(credentials.password.reveal(), 'another')
  await t.rejects(getOperatorCredentials(ports, operatorId), { code: 'OPERATOR_NOT_FOUND' })
})

t.test('If-Match holds for a delete too', async (t) => {
  const { world, operatorId, remove } = await aWorldWithRoshan()
  await world.update(operatorId, { port: 1 })
  const before = committed(world)
  await t.rejects(remove(['1']), { code: 'VERSION_MISMATCH' })
  t.same(committed(world), before)
  await remove(['2'])
  t.equal(world.store.operators.get(operatorId)?.operator.version, 3)
})

t.test('the health key goes after the commit, and a cache that is away does not bring the operator back', async (t) => {
  const { ports, operatorId, healthCache, remove } = await aWorldWithRoshan()
  await ports.healthCache.initialise({
    operatorId,
    value: {
      status: 'HEALTHY',
      errorRate: 0,
      bindState: 'BOUND',
      since: '2026-11-20T12:00:00.000Z',
      at: '2026-11-20T12:00:00.000Z',
      receivedAt: micros(1),
      streamSequence: 1,
    },
    ttlSeconds: 60,
  })
  await remove()
  t.equal(await healthCache.get(operatorId), undefined)

  const other = await aWorldWithRoshan()
  other.healthCache.faults.fail('remove', databaseAway)
  await other.remove()
  t.same(other.failures, [{ what: 'remove the health key of a deleted operator', error: databaseAway }])
  t.equal(await other.operators.find(other.operatorId), undefined)
  t.equal(other.wakes.count, 1)
})

t.test('a delete asks for no place across Vault', async (t) => {
  const { ports, operatorId } = await aWorldWithRoshan()
  const context = by('zahra')
  const asked: boolean[] = []
  const change: typeof ports.operators.change = (id, options, work) => {
    asked.push(options.acrossVault)
    return ports.operators.change(id, options, work)
  }
  await softDeleteOperator({ ...ports, operators: { ...ports.operators, change } }, { operatorId, context })
  t.same(asked, [false])
})

t.test('a delete of unknown outcome is answered by what stands', async (t) => {
  const stood = await aWorldWithRoshan()
  stood.operators.faults.fail('change', commitUnknown, { once: true, afterwards: true })
  await stood.remove()
  t.equal(stood.events().length, 1)
  t.equal(stood.wakes.count, 1)

  for (const [fault, cause] of [
    [commitUnknown, commitUnknown],
    [databaseAway, undefined],
  ] as const) {
    const { world, remove, wakes } = await aWorldWithRoshan()
    const before = committed(world)
    world.operators.faults.fail('change', fault, { once: true })
    const error = await errorOf(remove())
    t.match(error, { code: 'DEPENDENCY_UNAVAILABLE', ...(cause && { retryAfter: 1 }) })
    t.equal((error as Error).cause, cause)
    t.same(committed(world), before)
    t.equal(wakes.count, 0)
  }
})

t.test('the secret of a deleted operator is destroyed after the retention, and looked for once more', async (t) => {
  const { world, operatorId, remove, passSeconds } = await aWorldWithRoshan()
  await remove()
  passSeconds(30 * DAY - 1)
  t.equal(await world.sweep(), 0)
  passSeconds(1)
  t.equal(await world.sweep(), 1)
  t.equal(await world.credentials.latestVersion(operatorId), 0)
  passSeconds(600)
  t.equal(await world.sweep(), 1)
  t.equal(world.store.cleanups.size, 0)
  t.ok(world.store.operators.has(operatorId), 'the record stays for good')
})

/** Deleted operators whose secrets are all due. */
async function aWorldWithSecretsDue(count: number) {
  const world = aWorld()
  const operatorIds: OperatorId[] = []
  for (let port = 1; port <= count; port += 1) {
    const { operatorId } = (await world.create({ name: `Operator ${port}`, port })).operator
    await softDeleteOperator(world.ports, { operatorId, context: by('zahra') })
    operatorIds.push(operatorId)
  }
  world.passSeconds(30 * DAY)
  const secretsLeft = async () =>
    (await Promise.all(operatorIds.map((id) => world.credentials.latestVersion(id)))).filter((latest) => latest > 0)
      .length
  return { ...world, secretsLeft }
}

t.test('a sweep takes all that is due, and nothing of the living', async (t) => {
  const world = await aWorldWithSecretsDue(3)
  const { operatorId } = (await world.create()).operator
  t.equal(await world.sweep(), 3)
  t.equal(await world.secretsLeft(), 0)
  t.equal(await world.passwordOf(operatorId, 1), 'pa55word')
  t.equal(await world.sweep(), 0)
})

t.test('a secret that cannot be destroyed is reported and tried again in 30 s, the others go on', async (t) => {
  const world = await aWorldWithSecretsDue(3)
  world.credentials.faults.fail('destroy', vaultAway, { once: true })
  t.equal(await world.sweep(), 2)
  t.same(world.failures, [{ what: 'destroy the secret of an operator that is gone', error: vaultAway }])
  t.equal(await world.secretsLeft(), 1)
  world.passSeconds(29)
  t.equal(await world.sweep(), 0)
  world.passSeconds(1)
  t.equal(await world.sweep(), 1)
  t.equal(await world.secretsLeft(), 0)
})

t.test('a sweep ends between two secrets when it is told to, and at once when it already was', async (t) => {
  const world = await aWorldWithSecretsDue(3)
  const stop = new AbortController()
  const destroy: typeof world.credentials.destroy = async (operatorId) => {
    stop.abort()
    return world.credentials.destroy(operatorId)
  }
  t.equal(await sweepCredentials({ ...world.ports, credentials: { destroy } }, stop.signal), 1)
  t.equal(await world.secretsLeft(), 2)
  t.equal(await sweepCredentials(world.ports, stop.signal), 0)
})

t.test('a sweep without the database rejects', async (t) => {
  const world = await aWorldWithSecretsDue(1)
  world.cleanup.faults.fail('processNext', databaseAway)
  await t.rejects(world.sweep(), databaseAway)
  t.equal(await world.secretsLeft(), 1)
})

t.test('US-OPS-04 AC1, AC2: the credentials of an operator come with it, the password readable', async (t) => {
  const { ports, operator, operatorId } = await aWorldWithRoshan()
  const found = await getOperatorCredentials(ports, operatorId)
  t.same(found.operator, operator)
  t.equal(found.credentials.systemId, 'gateway')
  t.equal(found.credentials.password.reveal(), 'pa55word')
})

t.test('US-OPS-04 AC1: they are those of the version that the row names, whatever Vault holds besides', async (t) => {
  const { ports, world, operatorId } = await aWorldWithRoshan()
  world.credentials.faults.fail('write', vaultAway, { once: true, afterwards: true })
  await t.rejects(world.update(operatorId, { password: 'unborn' }), vaultAway)
  t.equal((await getOperatorCredentials(ports, operatorId)).credentials.password.reveal(), 'pa55word')
  await world.update(operatorId, { password: 'rotated' })
  t.equal((await getOperatorCredentials(ports, operatorId)).credentials.password.reveal(), 'rotated')
})

t.test('US-OPS-04 AC1: unknown operators and lost secrets have codes of their own', async (t) => {
  const { ports, world, operatorId } = await aWorldWithRoshan()
  await t.rejects(getOperatorCredentials(ports, newOperatorId()), { code: 'OPERATOR_NOT_FOUND' })
  await world.credentials.destroy(operatorId)
  await t.rejects(getOperatorCredentials(ports, operatorId), { code: 'CREDENTIALS_MISSING' })
})

t.test('US-OPS-04 AC4: a Vault that is away is told as such, and the operator itself is still read', async (t) => {
  const { ports, world, operator, operatorId } = await aWorldWithRoshan()
  world.credentials.faults.fail('read', vaultAway)
  await t.rejects(getOperatorCredentials(ports, operatorId), vaultAway)
  t.same((await getOperator(ports, operatorId)).operator, operator)
})

t.test('an id that cannot be one names no operator', async (t) => {
  const id = newOperatorId()
  t.equal(operatorIdFrom(id), id)
  for (const raw of ['', '../secret', 'a.b', ' a', 'a'.repeat(65)]) {
    t.throws(() => operatorIdFrom(raw), { code: 'OPERATOR_NOT_FOUND' }, JSON.stringify(raw))
  }
})

t.test('a search is NFC and trimmed; white space alone is none; what no value can hold is refused', async (t) => {
  const { ports } = await aWorldWithRoshan()
  const asked: OperatorQuery[] = []
  const list: typeof ports.operators.list = (query) => {
    asked.push(query)
    return ports.operators.list(query)
  }
  const search = (q: string) => listOperators({ operators: { list } }, { ...everything, q })
  t.equal((await search(' OSHA ')).total, 1)
  await search('Cafe\u0301')
  await search('  ')
  await listOperators({ operators: { list } }, everything)
  t.same(
    asked.map((query) => query.q),
    ['OSHA', 'Café', undefined, undefined],
  )
  t.same(asked[2], everything)
  for (const q of ['a\nb', '\u0000', 'a\u2028', '\ud800']) {
    await t.rejects(search(q), { code: 'INVALID_PAYLOAD', errors: [{ path: 'q' }] })
  }
  t.equal(asked.length, 4)
})
