import { Value } from '@sinclair/typebox/value'
import t, { type Test } from 'tap'
import {
  aWorld,
  by,
  commitUnknown,
  databaseAway,
  errorOf,
  ROSHAN,
  shows,
  vaultAway,
  type World,
} from '../../test/support/operators.ts'
import { aProvisionalOperator } from '../contracts/samples.ts'
import { DomainError } from '../errors.ts'
import { createOperator, type CreateOperatorPorts } from './create-operator.ts'
import { parseCreateOperator } from './operator-commands.ts'
import { OperatorConfigCreated } from './operator-events.ts'
import { operatorName } from './operator-name.ts'
import { systemId } from './system-id.ts'

const command = (body: Partial<typeof ROSHAN> = {}) => parseCreateOperator({ ...ROSHAN, ...body }, by('amina'))
const ourId = aProvisionalOperator().operatorId

/** Ports with a known id, and with one of them replaced. */
const portsOf = (world: World, replaced: Partial<CreateOperatorPorts> = {}): CreateOperatorPorts => ({
  ...world.ports,
  newOperatorId: () => ourId,
  ...replaced,
})

/** After a create that failed: no row, no event, no history, no key, and the secret's removal due at once. */
async function isCompensated(t: Test, world: World): Promise<void> {
  t.equal(world.store.operators.size, 0, 'no row')
  t.equal(world.store.outbox.size, 0, 'no event')
  t.same(world.store.audit, [], 'no history')
  t.equal(world.wakes.count, 0)
  t.equal(await world.healthCache.get(ourId), undefined)
  t.match([...world.store.cleanups.values()], [{ operatorId: ourId, dueAt: world.clock.at, firstPass: true }])
  t.equal(await world.sweep(), 1)
  t.equal(await world.credentials.latestVersion(ourId), 0, 'no secret')
}

t.test('US-OPS-01 AC1: a valid payload makes an INACTIVE operator at version 1, its health UNKNOWN', async (t) => {
  const world = aWorld()
  const created = await createOperator(portsOf(world), command({ notes: 'first\r\ncarrier', mnoId: 'roshan' }))
  const at = new Date('2026-11-20T12:00:00.000Z')
  t.same(created, {
    operator: {
      operatorId: ourId,
      name: 'Roshan',
      host: 'smsc.roshan.example',
      port: 2775,
      systemId: 'gateway',
      systemType: '',
      bindType: 'TRANSCEIVER',
      tpsLimit: { maxTps: 50, burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' },
      status: 'INACTIVE',
      notes: 'first\ncarrier',
      mnoId: 'roshan',
      credentialsVersion: 1,
      version: 1,
      createdAt: at,
      createdBy: 'amina',
      updatedAt: at,
      updatedBy: 'amina',
      deletedAt: null,
    },
    healthState: 'UNKNOWN',
    healthStale: false,
    warnings: [],
  })
  t.same((await world.operators.find(ourId))?.operator, created.operator, 'and it is what was stored')
  t.equal(world.store.cleanups.size, 0, 'nothing is left to clean up')
  t.same(world.failures, [])
})

t.test('US-OPS-01 AC1: a password that SMPP 3.4 has no room for is taken with a warning', async (t) => {
  const world = aWorld()
  const { warnings } = await world.create({ password: '123456789' })
  t.match(warnings, [{ code: 'PASSWORD_LONGER_THAN_SMPP_3_4', path: 'password' }])
})

t.test('US-OPS-01 AC2: the password is in the credentials store, and nowhere else', async (t) => {
  const world = aWorld()
  const password = 'C4nary-pa55word'
  const created = await world.create({ password })
  const { operatorId } = created.operator
  t.equal(await world.passwordOf(operatorId, 1), password)
  t.equal((await world.credentials.read(operatorId, 1))?.systemId, 'gateway')
  t.ok(!shows(password, created, world.store, world.failures, await world.healthCache.get(operatorId)))

  t.ok(shows('gateway', created, world.store), 'where other values show')

  world.credentials.faults.fail('write', vaultAway)
  world.operators.faults.fail('abandon', databaseAway)
  const failed = await errorOf(world.create({ name: 'Other', port: 2776, password }))
  t.ok(!shows(password, failed, world.store, world.failures), 'nor is that of a create that failed')
})

t.test('US-OPS-01 AC3: a held (host, port, systemId) is DUPLICATE_OPERATOR, and says who holds it', async (t) => {
  const world = aWorld()
  const { operator } = await world.create()
  const { operatorId } = operator
  await t.rejects(world.create({ name: 'Other', host: 'SMSC.Roshan.example.' }), {
    code: 'DUPLICATE_OPERATOR',
    conflicts: [{ operatorId, name: 'Roshan' }],
    retryAfter: undefined,
  })
  await t.rejects(world.create({ name: 'ROSHAN', port: 2776 }), {
    code: 'DUPLICATE_NAME',
    conflicts: [{ operatorId, name: 'Roshan' }],
  })
  for (const other of [{ host: 'other.example' }, { port: 2776 }, { systemId: 'other' }]) {
    t.equal((await world.create({ name: `Other ${JSON.stringify(other)}`, ...other })).operator.version, 1)
  }
  t.equal(world.store.operators.size, 4)
  t.equal(world.events().length, 4)
})

t.test('US-OPS-01 AC3: while another create holds it the answer is to try again, with nobody to name', async (t) => {
  const world = aWorld()
  const { settings } = command()
  await world.operators.insertProvisional(aProvisionalOperator(settings), 60)
  const error = await errorOf(world.create())
  t.match(error, { code: 'DUPLICATE_OPERATOR', retryAfter: 5 })
  t.equal((error as DomainError).conflicts, undefined)
  await t.rejects(world.create({ port: 2776 }), { code: 'DUPLICATE_NAME', retryAfter: 5 })
})

t.test('US-OPS-01 AC3: when the index decides after the guard saw nothing, the winner is named', async (t) => {
  const world = aWorld()
  const { operator } = await world.create()
  let looks = 0
  const holders: CreateOperatorPorts['operators']['holders'] = async (claim, except) => {
    looks += 1
    return looks === 1 ? [] : world.operators.holders(claim, except)
  }
  const ports = portsOf(world, { operators: { ...world.operators, holders } })
  await t.rejects(createOperator(ports, command({ name: 'Other' })), {
    code: 'DUPLICATE_OPERATOR',
    conflicts: [{ operatorId: operator.operatorId, name: 'Roshan' }],
  })
  t.equal(world.store.operators.size, 1)
})

t.test('US-OPS-01 AC3: a winner that is gone again leaves the index its word, and the hint to try again', async (t) => {
  const world = aWorld()
  const lost = new DomainError('DUPLICATE_NAME', 'another operator has the same name')
  world.operators.faults.fail('insertProvisional', lost, { once: true })
  await t.rejects(world.create(), { code: 'DUPLICATE_NAME', message: lost.message, retryAfter: 1 })
  t.equal(world.store.cleanups.size, 0)
})

t.test('US-OPS-01 AC3: of fifty creates of one triple at once one wins', async (t) => {
  const world = aWorld()
  const answers = await Promise.allSettled(Array.from({ length: 50 }, () => world.create()))
  const codes = answers.map((answer) =>
    answer.status === 'fulfilled' ? 'created' : (answer.reason as DomainError).code,
  )
  t.equal(codes.filter((code) => code === 'created').length, 1)
  t.equal(codes.filter((code) => code === 'DUPLICATE_OPERATOR').length, 49)
  t.equal(world.store.operators.size, 1)
  t.equal(world.events().length, 1)
})

t.test('US-OPS-01 AC4: a Vault that fails leaves no row, and its error is the answer', async (t) => {
  const world = aWorld()
  world.credentials.faults.fail('write', vaultAway, { once: true })
  await t.rejects(createOperator(portsOf(world), command()), vaultAway)
  await isCompensated(t, world)
  t.equal((await world.create()).operator.version, 1, 'and the triple is free')
})

t.test('US-OPS-01 AC4: a Vault that answers unclearly leaves no secret either', async (t) => {
  const world = aWorld()
  world.credentials.faults.fail('write', vaultAway, { once: true, afterwards: true })
  await t.rejects(createOperator(portsOf(world), command()), vaultAway)
  t.equal(await world.credentials.latestVersion(ourId), 1, 'it was written')
  await isCompensated(t, world)
})

t.test('US-OPS-01 AC4: a write that lands after the first clean-up is taken by the second', async (t) => {
  const world = aWorld()
  world.credentials.faults.fail('write', vaultAway, { once: true })
  const { password, settings } = command()
  await t.rejects(createOperator(portsOf(world), command()), vaultAway)
  await isCompensated(t, world)
  await world.credentials.write(ourId, { systemId: settings.systemId, password }, 0)
  world.passSeconds(599)
  t.equal(await world.sweep(), 0)
  world.passSeconds(1)
  t.equal(await world.sweep(), 1)
  t.equal(await world.credentials.latestVersion(ourId), 0)
  t.equal(world.store.cleanups.size, 0, 'and that was the last look')
})

t.test('US-OPS-01 AC4: Vault is not written once the claim took longer than 20 s', async (t) => {
  for (const [seconds, written] of [
    [20, true],
    [20.001, false],
  ] as const) {
    const world = aWorld()
    const { insertProvisional } = world.operators
    const slow: CreateOperatorPorts['operators'] = {
      ...world.operators,
      insertProvisional: async (draft, cleanupAfterSeconds) => {
        const createdAt = await insertProvisional(draft, cleanupAfterSeconds)
        world.passSeconds(seconds)
        return createdAt
      },
    }
    const creating = createOperator(portsOf(world, { operators: slow }), command())
    if (written) {
      t.equal((await creating).operator.version, 1)
      continue
    }
    await t.rejects(creating, { code: 'DEPENDENCY_UNAVAILABLE', retryAfter: 1 })
    t.equal(await world.credentials.latestVersion(ourId), 0)
    await isCompensated(t, world)
  }
})

t.test('US-OPS-01 AC4: a create that the clean-up overtook is not finished', async (t) => {
  const world = aWorld()
  const write: CreateOperatorPorts['credentials']['write'] = async (...args) => {
    world.passSeconds(60)
    t.equal(await world.sweep(), 1)
    return world.credentials.write(...args)
  }
  await t.rejects(createOperator(portsOf(world, { credentials: { write } }), command()), {
    code: 'DEPENDENCY_UNAVAILABLE',
    retryAfter: 1,
  })
  t.equal(world.store.operators.size, 0)
  t.same(world.events(), [])
  world.passSeconds(600)
  t.equal(await world.sweep(), 1)
  t.equal(await world.credentials.latestVersion(ourId), 0, 'the second pass took the late write')
})

t.test(
  'US-OPS-01 AC4: what cannot be undone now is reported, the error stays, and the clean-up comes in 60 s',
  async (t) => {
    const world = aWorld()
    world.credentials.faults.fail('write', vaultAway, { once: true, afterwards: true })
    world.operators.faults.fail('abandon', databaseAway)
    await t.rejects(createOperator(portsOf(world), command()), vaultAway)
    t.same(world.failures, [{ what: 'undo a create', error: databaseAway }])
    t.equal(await world.operators.find(ourId), undefined, 'nobody sees what is pending')
    world.passSeconds(59)
    t.equal(await world.sweep(), 0)
    world.passSeconds(1)
    t.equal(await world.sweep(), 1)
    t.equal(world.store.operators.size, 0)
    t.equal(await world.credentials.latestVersion(ourId), 0)
  },
)

t.test(
  'US-OPS-01 AC5: operator.config.created.v1 is committed with the operator, and the relay is woken',
  async (t) => {
    const world = aWorld()
    const { operator } = await world.create()
    const [event, ...others] = world.events()
    t.same(others, [])
    t.match(event, { subject: 'operator.config.created.v1', operatorId: operator.operatorId })
    t.equal(event?.traceparent, by('amina').traceparent)
    t.ok(Value.Check(OperatorConfigCreated, event?.payload))
    const { notes: _notes, updatedAt: _at, updatedBy: _by, deletedAt: _deletedAt, ...told } = operator
    const envelope = { schemaVersion: '1', eventId: event?.eventId }
    t.same(event?.payload, { ...envelope, ...told, createdAt: '2026-11-20T12:00:00.000Z' })
    t.equal(world.wakes.count, 1)
  },
)

t.test('a create is in the history: who, by which request, and what there is now', async (t) => {
  const world = aWorld()
  const { operator } = await world.create()
  t.match(world.store.audit, [
    {
      actor: 'amina',
      action: 'operator.create',
      operatorId: operator.operatorId,
      resource: { type: 'operator', id: operator.operatorId },
      version: 1,
      before: null,
      after: { name: 'Roshan', status: 'INACTIVE', credentialsVersion: 1, version: 1, deletedAt: null },
      requestId: 'request-7',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      sourceAddress: '192.0.2.7',
    },
  ])
})

t.test('a new operator is UNKNOWN in the cache for 60 s, unless something newer is there', async (t) => {
  const world = aWorld()
  const { operatorId } = (await world.create()).operator
  const at = '2026-11-20T12:00:00.000Z'
  const value = { status: 'UNKNOWN', errorRate: null, bindState: null, since: at, at, receivedAt: 0, streamSequence: 0 }
  t.same(await world.healthCache.get(operatorId), value)
  t.equal(world.healthCache.ttlSeconds(operatorId), 60)
})

t.test('a cache that is away does not fail a create', async (t) => {
  const world = aWorld()
  world.healthCache.faults.fail('initialise', databaseAway)
  t.equal((await world.create()).operator.version, 1)
  t.same(world.failures, [{ what: 'initialise the health key of a new operator', error: databaseAway }])
  t.equal(world.wakes.count, 1)
})

t.test('a database that is away is the answer, before anything is claimed', async (t) => {
  for (const method of ['holders', 'insertProvisional'] as const) {
    const world = aWorld()
    world.operators.faults.fail(method, databaseAway)
    await t.rejects(world.create(), databaseAway)
    t.equal(world.store.operators.size, 0)
    t.equal(world.store.cleanups.size, 0)
  }
})

t.test('a claim of unknown outcome is given up', async (t) => {
  for (const afterwards of [true, false]) {
    const world = aWorld()
    world.operators.faults.fail('insertProvisional', commitUnknown, { once: true, afterwards })
    await t.rejects(world.create(), { code: 'DEPENDENCY_UNAVAILABLE', retryAfter: 1, cause: commitUnknown })
    t.equal(world.store.operators.size, 0, afterwards ? 'it stood' : 'it did not stand')
    t.equal((await world.create()).operator.version, 1, 'the triple is free')
  }
})

t.test('a finish of unknown outcome that stood is a create', async (t) => {
  const world = aWorld()
  world.operators.faults.fail('complete', commitUnknown, { once: true, afterwards: true })
  const { operator } = await world.create()
  t.same((await world.operators.find(operator.operatorId))?.operator, operator)
  t.equal(world.events().length, 1)
  t.equal(world.wakes.count, 1)
})

t.test('a finish of unknown outcome that did not stand, or failed, is no create', async (t) => {
  for (const fault of [commitUnknown, databaseAway]) {
    const world = aWorld()
    world.operators.faults.fail('complete', fault, { once: true })
    await t.rejects(createOperator(portsOf(world), command()), { code: 'DEPENDENCY_UNAVAILABLE' })
    await isCompensated(t, world)
  }
})

t.test('a finish that stood although nobody could say so is left alone', async (t) => {
  const world = aWorld()
  world.operators.faults.fail('complete', commitUnknown, { once: true, afterwards: true })
  world.operators.faults.fail('wasCommitted', databaseAway)
  await t.rejects(createOperator(portsOf(world), command({ systemId: 'late' })), databaseAway)
  t.equal((await world.operators.find(ourId))?.operator.systemId, systemId('late'))
  t.equal(world.store.cleanups.size, 0)
  t.equal(world.events().length, 1)
  await t.rejects(world.create({ port: 1 }), { code: 'DUPLICATE_NAME', conflicts: [{ name: operatorName('Roshan') }] })
})
