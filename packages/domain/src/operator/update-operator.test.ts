import { Value } from '@sinclair/typebox/value'
import t, { type Test } from 'tap'
import {
  aWorld,
  by,
  commitUnknown,
  committed,
  databaseAway,
  errorOf,
  shows,
  vaultAway,
  type World,
} from '../../test/support/operators.ts'
import { aHealth, newOperatorId } from '../contracts/samples.ts'
import { reportHealthIn } from '../contracts/store-harness.ts'
import type { DomainError } from '../errors.ts'
import { microsOfDate } from '../health/micros.ts'
import type { UpdateOperatorBody } from './operator-bodies.ts'
import { parseOperatorPatch } from './operator-commands.ts'
import { OperatorConfigUpdated } from './operator-events.ts'
import type { OperatorId } from './operator-id.ts'
import { softDeleteOperator } from './soft-delete-operator.ts'
import { OPERATOR_STATUSES, type OperatorStatus } from './status.ts'
import { type UpdateOperatorPorts, updateOperator } from './update-operator.ts'

/** A world with one operator at version 1 and no event waiting. */
async function aWorldWithRoshan() {
  const world = aWorld()
  const { operator } = await world.create()
  world.store.outbox.clear()
  world.wakes.count = 0
  world.passSeconds(60)
  return { ...world, world, operator, operatorId: operator.operatorId }
}

/** That `work` rejects and leaves everything committed as it was, no claim behind and the relay asleep. Its error. */
async function changesNothing(t: Test, world: World, work: () => Promise<unknown>): Promise<DomainError> {
  const before = committed(world)
  const error = await errorOf(work())
  t.same(committed(world), before)
  t.equal(world.wakes.count, 0)
  return error as DomainError
}

const CHANGES: readonly (readonly [UpdateOperatorBody, Record<string, readonly [unknown, unknown]>])[] = [
  [{ name: ' Roshan II ' }, { name: ['Roshan', 'Roshan II'] }],
  [{ host: '192.0.2.1' }, { host: ['smsc.roshan.example', '192.0.2.1'] }],
  [{ port: 2776 }, { port: [2775, 2776] }],
  [{ systemType: 'SMPP' }, { systemType: ['', 'SMPP'] }],
  [{ bindType: 'RECEIVER' }, { bindType: ['TRANSCEIVER', 'RECEIVER'] }],
  [{ status: 'ACTIVE' }, { status: ['INACTIVE', 'ACTIVE'] }],
  [{ notes: 'a note' }, { notes: [null, 'a note'] }],
  [{ mnoId: 'roshan' }, { mnoId: [null, 'roshan'] }],
  [{ tpsLimit: { maxTps: 9 } }, { 'tpsLimit.maxTps': [50, 9] }],
  [{ tpsLimit: { burstMultiplier: 2.25 } }, { 'tpsLimit.burstMultiplier': [1.5, 2.25] }],
  [{ tpsLimit: { burstWindowMs: 250 } }, { 'tpsLimit.burstWindowMs': [1_000, 250] }],
  [
    { tpsLimit: { enforcementMode: 'SOFT_THROTTLE' } },
    { 'tpsLimit.enforcementMode': ['HARD_REJECT', 'SOFT_THROTTLE'] },
  ],
  [{ systemId: 'gw2' }, { systemId: ['gateway', 'gw2'], credentials: [1, 2] }],
  [{ password: 'pa55word' }, { credentials: [1, 2] }],
  [
    { port: 2776, tpsLimit: { maxTps: 50, burstWindowMs: 250 }, notes: null, systemId: 'gateway' },
    { port: [2775, 2776], 'tpsLimit.burstWindowMs': [1_000, 250] },
  ],
]

for (const [body, changed] of CHANGES) {
  const fields = Object.keys(changed)
  t.test(`US-OPS-02 AC1, AC3: ${JSON.stringify(body)} changes ${fields.join(', ')} alone`, async (t) => {
    const { world, operator, operatorId } = await aWorldWithRoshan()
    const { operator: updated } = await world.update(operatorId, body)
    t.match(updated, { operatorId, version: 2, updatedBy: 'zahra', updatedAt: new Date('2026-11-20T12:01:00.000Z') })
    t.match(updated, { createdAt: operator.createdAt, createdBy: 'amina' })
    t.same((await world.operators.find(operatorId))?.operator, updated)

    const [event, ...others] = world.events()
    t.same(others, [])
    t.match(event, { operatorId, subject: 'operator.config.updated.v1', traceparent: by('zahra').traceparent })
    t.ok(Value.Check(OperatorConfigUpdated, event?.payload))
    const side = (which: 0 | 1) => Object.fromEntries(fields.map((field) => [field, changed[field]?.[which]]))
    const { changedFields, ...payload } = event?.payload as OperatorConfigUpdated
    t.same(changedFields.toSorted(), fields.toSorted())
    t.same(payload, {
      schemaVersion: '1',
      eventId: event?.eventId,
      operatorId,
      version: 2,
      previousValues: side(0),
      newValues: side(1),
      updatedAt: '2026-11-20T12:01:00.000Z',
      updatedBy: 'zahra',
    })
    t.equal(world.wakes.count, 1)
    t.match(world.store.audit.at(-1), {
      actor: 'zahra',
      action: 'operator.update',
      version: 2,
      before: { version: 1, name: 'Roshan', port: 2775, credentialsVersion: 1 },
      after: { version: 2, name: updated.name, port: updated.port, credentialsVersion: updated.credentialsVersion },
    })
  })
}

t.test('US-OPS-02 AC1: a patch that changes nothing leaves no trace', async (t) => {
  const { world, operator, operatorId } = await aWorldWithRoshan()
  const before = committed(world)
  const same: readonly UpdateOperatorBody[] = [
    {},
    { tpsLimit: {} },
    { name: 'Roshan ', host: 'SMSC.roshan.example.', port: 2775, systemId: 'gateway', systemType: null, notes: null },
    { status: 'INACTIVE', bindType: 'TRANSCEIVER', tpsLimit: { maxTps: 50, burstMultiplier: null } },
  ]
  for (const body of same) t.same((await world.update(operatorId, body)).operator, operator, JSON.stringify(body))
  t.same(committed(world), before)
  t.equal(await world.credentials.latestVersion(operatorId), 1)
})

t.test('US-OPS-02 AC1: null resets what it may', async (t) => {
  const { world, operator, operatorId } = await aWorldWithRoshan()
  const tpsLimit = { maxTps: 50, burstMultiplier: 3, burstWindowMs: 500, enforcementMode: 'SOFT_THROTTLE' } as const
  await world.update(operatorId, { systemType: 'SMPP', notes: 'a note', mnoId: 'roshan', tpsLimit })
  const nothing = { burstMultiplier: null, burstWindowMs: null, enforcementMode: null }
  const reset = await world.update(operatorId, { systemType: null, notes: null, mnoId: null, tpsLimit: nothing })
  const { version: _version, updatedAt: _at, updatedBy: _by, ...settings } = operator
  t.match(reset.operator, settings)
  t.equal(reset.operator.version, 3)
})

t.test(
  'US-OPS-02 AC2: a password is written as a new version even when it is the old one, and shown nowhere',
  async (t) => {
    const { world, operatorId } = await aWorldWithRoshan()
    const password = 'C4nary-rotated'
    const updated = await world.update(operatorId, { password })
    t.equal(updated.operator.credentialsVersion, 2)
    t.match(updated.warnings, [{ code: 'PASSWORD_LONGER_THAN_SMPP_3_4' }])
    t.equal(await world.passwordOf(operatorId, 2), password)
    t.equal((await world.update(operatorId, { password })).operator.credentialsVersion, 3)
    t.same((await world.update(operatorId, { password: 'short' })).warnings, [])
    t.same((await world.update(operatorId, { port: 1 })).warnings, [])

    world.credentials.faults.fail('write', vaultAway)
    const failed = await errorOf(world.update(operatorId, { password }))
    t.ok(!shows(password, updated, failed, world.store, world.failures))
    t.ok(shows('gateway', updated, world.store), 'where other values show')
  },
)

t.test('US-OPS-02 AC2: a new systemId is written with the password of the version that the row names', async (t) => {
  const { world, operatorId, passSeconds } = await aWorldWithRoshan()
  // Ahead of the row: a rotation that was written but never committed.
  world.credentials.faults.fail('write', vaultAway, { once: true, afterwards: true })
  await t.rejects(world.update(operatorId, { password: 'unborn' }), vaultAway)
  t.equal(await world.passwordOf(operatorId, 2), 'unborn')
  passSeconds(1)

  const { operator } = await world.update(operatorId, { systemId: 'gw2' })
  t.equal(operator.credentialsVersion, 3, 'written with cas = the latest version')
  t.equal(await world.passwordOf(operatorId, 3), 'pa55word')
  t.equal((await world.credentials.read(operatorId, 3))?.systemId, 'gw2')
})

t.test('US-OPS-02 AC2: a new password is written with the systemId, old or new', async (t) => {
  const { world, operatorId } = await aWorldWithRoshan()
  await world.update(operatorId, { password: 'second' })
  t.equal((await world.credentials.read(operatorId, 2))?.systemId, 'gateway')
  await world.update(operatorId, { password: 'third', systemId: 'gw3' })
  t.equal((await world.credentials.read(operatorId, 3))?.systemId, 'gw3')
  t.equal(await world.passwordOf(operatorId, 3), 'third')
})

t.test('US-OPS-02 AC2: eight versions ahead of the row Vault is not written any more', async (t) => {
  const { world, operatorId } = await aWorldWithRoshan()
  const abandoned = async () => {
    world.credentials.faults.fail('write', vaultAway, { once: true, afterwards: true })
    await t.rejects(world.update(operatorId, { password: 'unborn' }), vaultAway)
  }
  for (let ahead = 1; ahead <= 7; ahead += 1) await abandoned()
  t.equal(await world.credentials.latestVersion(operatorId), 8)
  await abandoned()
  const error = await changesNothing(t, world, () => world.update(operatorId, { password: 'unborn' }))
  t.match(error, { code: 'VAULT_UNAVAILABLE' })
  t.equal(await world.credentials.latestVersion(operatorId), 9, 'which is eight ahead')
})

t.test('US-OPS-02 AC2: seven versions ahead a rotation still goes through, and is level again', async (t) => {
  const { world, operatorId } = await aWorldWithRoshan()
  const credentials = await world.credentials.read(operatorId, 1)
  for (let version = 1; version <= 7; version += 1) await world.credentials.write(operatorId, credentials!, version)
  t.equal((await world.update(operatorId, { password: 'level' })).operator.credentialsVersion, 9)
})

t.test('US-OPS-02 AC2: a Vault that fails, at any step, leaves everything as it was', async (t) => {
  for (const method of ['latestVersion', 'read', 'write'] as const) {
    const { world, operatorId } = await aWorldWithRoshan()
    world.credentials.faults.fail(method, vaultAway)
    const update = () => world.update(operatorId, { systemId: 'gw2', port: 1, name: 'Never' })
    t.equal(await changesNothing(t, world, update), vaultAway, method)
    world.credentials.faults.heal()
    t.equal((await update()).operator.version, 2, 'and the next try goes through')
  }
})

t.test('US-OPS-02 AC2: a lost secret cannot be carried over, but a new password repairs it', async (t) => {
  const { world, operatorId } = await aWorldWithRoshan()
  await world.credentials.destroy(operatorId)
  const error = await changesNothing(t, world, () => world.update(operatorId, { systemId: 'gw2' }))
  t.match(error, { code: 'CREDENTIALS_MISSING' })
  const { operator } = await world.update(operatorId, { password: 'restored' })
  t.match(operator, { version: 2, credentialsVersion: 1 })
  t.match(world.events().at(-1)?.payload, {
    changedFields: ['credentials'],
    previousValues: { credentials: 1 },
    newValues: { credentials: 1 },
  })
  t.equal(await world.passwordOf(operatorId, 1), 'restored')
})

t.test('US-OPS-02 AC4: what another operator holds is refused by its name, before Vault is touched', async (t) => {
  const { world, operatorId } = await aWorldWithRoshan()
  const other = await world.create({ name: 'Etisalat', host: 'smsc.etisalat.example' })
  world.wakes.count = 0
  const conflicts = [{ operatorId: other.operator.operatorId, name: 'Etisalat' }]
  const endpoint = () => world.update(operatorId, { host: 'smsc.etisalat.example', password: 'new' })
  t.match(await changesNothing(t, world, endpoint), { code: 'DUPLICATE_OPERATOR', conflicts })
  const name = () => world.update(operatorId, { name: 'ETISALAT' })
  t.match(await changesNothing(t, world, name), { code: 'DUPLICATE_NAME', conflicts })
  t.equal(await world.credentials.latestVersion(operatorId), 1)
  t.equal((await world.update(operatorId, { name: 'ROSHAN' })).operator.name, 'ROSHAN', 'its own is no other')
})

t.test('US-OPS-02 AC4: a holder that is gone again, or an operator that is, leaves the index its word', async (t) => {
  const { world, operatorId, ports } = await aWorldWithRoshan()
  await world.create({ name: 'Etisalat', port: 1 })
  const rename = parseOperatorPatch({ name: 'Etisalat' })
  const blind: readonly Partial<UpdateOperatorPorts['operators']>[] = [
    { holders: async () => [] },
    { find: async () => undefined },
  ]
  for (const operators of blind) {
    const seeing = { ...ports, operators: { ...ports.operators, ...operators } }
    const error = await errorOf(updateOperator(seeing, { operatorId, patch: rename, context: by('zahra') }))
    t.match(error, { code: 'DUPLICATE_NAME' })
    t.equal((error as DomainError).conflicts, undefined)
  }
})

t.test('US-OPS-02 AC5: an operator that is deleted or unknown is not found', async (t) => {
  const { world, operatorId, ports } = await aWorldWithRoshan()
  await softDeleteOperator(ports, { operatorId, context: by('zahra') })
  world.wakes.count = 0
  for (const id of [operatorId, newOperatorId()]) {
    for (const body of [{ port: 1 }, { password: 'new' }, {}]) {
      const error = await changesNothing(t, world, () => world.update(id, body))
      t.match(error, { code: 'OPERATOR_NOT_FOUND' })
    }
  }
  t.equal(await world.credentials.latestVersion(operatorId), 1)
})

t.test('the status machine: its five steps, no step, and nothing else', async (t) => {
  const steps = ['INACTIVE→ACTIVE', 'ACTIVE→SUSPENDED', 'ACTIVE→INACTIVE', 'SUSPENDED→ACTIVE', 'SUSPENDED→INACTIVE']
  const ways: Record<OperatorStatus, readonly OperatorStatus[]> = {
    INACTIVE: [],
    ACTIVE: ['ACTIVE'],
    SUSPENDED: ['ACTIVE', 'SUSPENDED'],
  }
  for (const from of OPERATOR_STATUSES) {
    for (const to of OPERATOR_STATUSES) {
      const { world, operatorId } = await aWorldWithRoshan()
      for (const status of ways[from]) await world.update(operatorId, { status })
      world.wakes.count = 0
      const step = `${from}→${to}`
      const update = () => world.update(operatorId, { status: to, password: 'new' })
      if (from === to || steps.includes(step)) {
        t.equal((await update()).operator.status, to, step)
      } else {
        t.match(await changesNothing(t, world, update), { code: 'INVALID_STATUS_TRANSITION' }, step)
        t.equal(await world.credentials.latestVersion(operatorId), 1)
      }
    }
  }
})

t.test('If-Match holds the version under the lock, also against a patch that changes nothing', async (t) => {
  const { world, operatorId } = await aWorldWithRoshan()
  for (const ifMatch of [['2'], ['01'], [], ['x', 'W/"1"']]) {
    for (const body of [{ port: 1 }, {}]) {
      const error = await changesNothing(t, world, () => world.update(operatorId, body, ifMatch))
      t.match(error, { code: 'VERSION_MISMATCH' }, JSON.stringify(ifMatch))
    }
  }
  t.equal((await world.update(operatorId, { port: 1 }, ['7', '1'])).operator.version, 2)
  t.equal((await world.update(operatorId, { port: 2 }, '*')).operator.version, 3)
  const two = await Promise.allSettled([
    world.update(operatorId, { port: 3 }, ['3']),
    world.update(operatorId, { port: 4 }, ['3']),
  ])
  t.same(two.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'], 'one of two that read the same')
})

t.test('a change of unknown outcome is answered by what stands', async (t) => {
  const { world, operatorId } = await aWorldWithRoshan()
  world.operators.faults.fail('change', commitUnknown, { once: true, afterwards: true })
  const { operator } = await world.update(operatorId, { port: 2776, password: 'new' })
  t.match(operator, { version: 2, port: 2776, credentialsVersion: 2 })
  t.same((await world.operators.find(operatorId))?.operator, operator)
  t.equal(world.events().length, 1)
  t.equal(world.wakes.count, 1)

  world.wakes.count = 0
  world.operators.faults.fail('change', commitUnknown, { once: true })
  const error = await changesNothing(t, world, () => world.update(operatorId, { port: 2777 }))
  t.match(error, { code: 'DEPENDENCY_UNAVAILABLE', retryAfter: 1, cause: commitUnknown })
})

t.test('only a change that may write Vault asks for a place across it', async (t) => {
  const { ports, operatorId } = await aWorldWithRoshan()
  const asked: boolean[] = []
  const change: UpdateOperatorPorts['operators']['change'] = (id, options, work) => {
    asked.push(options.acrossVault)
    return ports.operators.change(id, options, work)
  }
  for (const body of [{ port: 1 }, { password: 'new' }, { systemId: 'gateway' }] as const) {
    const patch = parseOperatorPatch(body)
    const counting = { ...ports, operators: { ...ports.operators, change } }
    await updateOperator(counting, { operatorId, patch, context: by('zahra') })
  }
  t.same(asked, [false, true, true])
})

const healthy = (world: World, operatorId: OperatorId) => {
  const at = microsOfDate(new Date(world.clock.at))
  return reportHealthIn(world, { ...aHealth(operatorId), since: at, lastReceivedAt: at })
}

t.test('the answer shows the health of now, and says so when that cannot be read', async (t) => {
  const { world, operatorId } = await aWorldWithRoshan()
  t.match(await world.update(operatorId, { port: 1 }), { healthState: 'UNKNOWN', healthStale: false })
  await healthy(world, operatorId)
  t.match(await world.update(operatorId, { port: 2 }), { healthState: 'HEALTHY', healthStale: false })
  world.operators.faults.fail('find', databaseAway)
  t.match(await world.update(operatorId, { port: 3 }), {
    operator: { port: 3, version: 4 },
    healthState: 'UNKNOWN',
    healthStale: true,
  })
  t.same(world.failures, [{ what: 'read the health of an updated operator', error: databaseAway }])
})

t.test('an operator that is deleted right after its update is still answered as it was updated', async (t) => {
  const { ports, operatorId } = await aWorldWithRoshan()
  const find = async () => undefined
  const patch = parseOperatorPatch({ port: 9 })
  const late = { ...ports, operators: { ...ports.operators, find } }
  t.match(await updateOperator(late, { operatorId, patch, context: by('zahra') }), {
    operator: { port: 9, version: 2 },
    healthState: 'UNKNOWN',
    healthStale: true,
  })
})
