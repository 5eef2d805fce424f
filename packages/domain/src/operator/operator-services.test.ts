import t from 'tap'
import { aWorld, by, errorOf, ROSHAN, shows } from '../../test/support/operators.ts'
import { attempt } from '../change/after-commit.ts'
import { traceIdOf } from '../change/trace-id.ts'
import { aProvisionalOperator, newOperatorId } from '../contracts/samples.ts'
import { DomainError, invalid } from '../errors.ts'
import { collectFieldErrors } from '../field-errors.ts'
import { duplicateOperatorGuard } from './duplicate-operator-guard.ts'
import { provisioned, revised, softDeleted } from './operator.ts'
import type { CreateOperatorBody, UpdateOperatorBody } from './operator-bodies.ts'
import { recordedCreate, recordedDelete, recordedUpdate } from './operator-changes.ts'
import { parseCreateOperator, parseOperatorPatch } from './operator-commands.ts'
import { diffOperators } from './operator-diff.ts'
import type { Holder } from './operator-repository.ts'
import { tpsLimit } from './tps-limit.ts'
import { assertVersion, versionTag } from './version-precondition.ts'

const pathsOf = (error: unknown) => ((error as DomainError).errors ?? []).map(({ path }) => path)
const CANARY = 'C4nary with spaces'

t.test(
  'US-OPS-01 AC1: every field of a create that is at fault is named at once, and no value is repeated',
  async (t) => {
    const bad: CreateOperatorBody = {
      name: ' ',
      host: 'https://smsc.example',
      port: 0,
      systemId: 'sixteen-octets-x',
      systemType: 'thirteen-octet',
      bindType: 'RECEIVER',
      password: CANARY,
      tpsLimit: { maxTps: 1.5, burstMultiplier: 1.005, burstWindowMs: 99 },
      notes: 'bell \u0007',
      mnoId: 'Roshan!',
    }
    const error = await errorOf(Promise.resolve().then(() => parseCreateOperator(bad, by('amina'))))
    t.match(error, { code: 'INVALID_PAYLOAD' })
    t.same(pathsOf(error), [
      'name',
      'host',
      'port',
      'systemId',
      'systemType',
      'tpsLimit.maxTps',
      'tpsLimit.burstMultiplier',
      'tpsLimit.burstWindowMs',
      'notes',
      'mnoId',
      'password',
    ])
    for (const value of [CANARY, 'smsc.example', 'Roshan!', 'bell']) t.ok(!shows(value, error, String(error)), value)
  },
)

t.test('US-OPS-01 AC1: a create is parsed into values, with defaults for what it leaves out', async (t) => {
  const { settings, password, context } = parseCreateOperator(ROSHAN, by('amina'))
  t.match(settings, { systemType: '', notes: null, mnoId: null })
  t.same(settings.tpsLimit, tpsLimit({ maxTps: 50 }))
  t.equal(password.reveal(), 'pa55word')
  t.same(context, by('amina'))
  const full = parseCreateOperator({ ...ROSHAN, systemType: 'SMPP', notes: null, mnoId: null }, by('amina'))
  t.match(full.settings, { systemType: 'SMPP', notes: null, mnoId: null })
})

t.test(
  'US-OPS-02 AC1: every field of a patch that is at fault is named at once, and no value is repeated',
  async (t) => {
    const bad: UpdateOperatorBody = {
      name: '\u0000',
      host: '',
      port: 65_536,
      systemId: '',
      systemType: '\t',
      password: CANARY,
      tpsLimit: { maxTps: 0, burstMultiplier: 100, burstWindowMs: 60_001 },
      notes: '\ud800',
      mnoId: '',
    }
    const error = await errorOf(Promise.resolve().then(() => parseOperatorPatch(bad)))
    t.match(error, { code: 'INVALID_PAYLOAD' })
    const tps = ['tpsLimit.maxTps', 'tpsLimit.burstMultiplier', 'tpsLimit.burstWindowMs']
    t.same(pathsOf(error), ['name', 'host', 'port', 'systemId', 'systemType', ...tps, 'notes', 'mnoId', 'password'])
    t.ok(!shows(CANARY, error, String(error)))
  },
)

t.test('US-OPS-02 AC1: a patch holds what is given and nothing else; null clears or resets', async (t) => {
  t.same(parseOperatorPatch({}), {})
  t.same(parseOperatorPatch({ tpsLimit: {} }), { tpsLimit: {} })
  t.same(parseOperatorPatch({ port: 1, tpsLimit: { maxTps: 2 } }), { port: 1, tpsLimit: { maxTps: 2 } })
  t.same(parseOperatorPatch({ status: 'ACTIVE', bindType: 'RECEIVER' }), { status: 'ACTIVE', bindType: 'RECEIVER' })
  const nothing = { burstMultiplier: null, burstWindowMs: null, enforcementMode: null }
  t.same(parseOperatorPatch({ systemType: null, notes: null, mnoId: null, tpsLimit: nothing }), {
    systemType: '',
    notes: null,
    mnoId: null,
    tpsLimit: { burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' },
  })
  const values = { burstMultiplier: 2, burstWindowMs: 100, enforcementMode: 'SOFT_THROTTLE' } as const
  t.same(parseOperatorPatch({ tpsLimit: values }), { tpsLimit: values })
  t.same(parseOperatorPatch({ notes: '', mnoId: 'awcc', systemType: 'VMA' }), {
    notes: '',
    mnoId: 'awcc',
    systemType: 'VMA',
  })
  t.equal(parseOperatorPatch({ password: 'new' }).password?.reveal(), 'new')
})

t.test('field errors: values pass, each fault is kept, other errors go through at once', async (t) => {
  const { field, assertNone } = collectFieldErrors()
  t.equal(
    field(() => 7),
    7,
  )
  t.doesNotThrow(assertNone)
  field(() => {
    throw invalid('a', 'must be good')
  })
  field(() => {
    throw new DomainError('INVALID_PAYLOAD', 'the whole is at fault')
  })
  t.throws(assertNone, {
    code: 'INVALID_PAYLOAD',
    errors: [
      { path: 'a', message: 'must be good' },
      { path: '', message: 'the whole is at fault' },
    ],
  })
  for (const defect of [new TypeError('a defect'), new DomainError('OPERATOR_NOT_FOUND', 'gone')]) {
    t.throws(
      () =>
        field(() => {
          throw defect
        }),
      defect,
    )
  }
})

t.test('US-OPS-01 AC3: the guard speaks of the endpoint before the name, and lists only who holds that', async (t) => {
  const claim = aProvisionalOperator()
  const holder = (name: string, holds: Holder['holds'], provisional = false): Holder => ({
    operatorId: newOperatorId(),
    name,
    holds,
    provisional,
  })
  const guard = (...holders: Holder[]) => duplicateOperatorGuard({ operators: { holders: async () => holders } }, claim)
  await t.resolves(guard())
  const [byName, byEndpoint] = [holder('A', 'name'), holder('B', 'endpoint')]
  await t.rejects(guard(byName, byEndpoint), {
    code: 'DUPLICATE_OPERATOR',
    conflicts: [{ operatorId: byEndpoint.operatorId, name: 'B' }],
  })
  const twice = await errorOf(guard(byName, byEndpoint))
  t.equal((twice as DomainError).conflicts?.length, 1)
  await t.rejects(guard(byName), { code: 'DUPLICATE_NAME', conflicts: [{ operatorId: byName.operatorId, name: 'A' }] })
  for (const holds of ['endpoint', 'name'] as const) {
    const pending = await errorOf(guard(holder('P', holds, true)))
    t.match(pending, { code: holds === 'endpoint' ? 'DUPLICATE_OPERATOR' : 'DUPLICATE_NAME', retryAfter: 5 })
    t.equal((pending as DomainError).conflicts, undefined)
  }
})

t.test('US-OPS-02 AC4: the guard leaves the operator itself out', async (t) => {
  const world = aWorld()
  const { operator } = await world.create()
  await t.resolves(duplicateOperatorGuard(world.ports, operator, operator.operatorId))
  await t.rejects(duplicateOperatorGuard(world.ports, operator), { code: 'DUPLICATE_OPERATOR' })
})

const at = new Date('2026-11-20T12:00:00.000Z')
const anOperator = () => provisioned(aProvisionalOperator(), { createdAt: at, credentialsVersion: 1 })

t.test('a version precondition: none, any, or one of several strong tags', async (t) => {
  const operator = { ...anOperator(), version: 12 }
  t.equal(versionTag(operator), '12')
  for (const met of [undefined, '*', ['12'], ['1', '12']] as const) t.doesNotThrow(() => assertVersion(operator, met))
  for (const missed of [[], ['1'], ['012'], ['12 '], ['*']]) {
    t.throws(() => assertVersion(operator, missed), { code: 'VERSION_MISMATCH' }, JSON.stringify(missed))
  }
})

t.test('US-OPS-02 AC3: a difference is what differs, and a rotation even where no number does', async (t) => {
  const operator = anOperator()
  t.same(diffOperators(operator, operator), { changedFields: [], previousValues: {}, newValues: {} })
  const touched = revised(operator, {}, { actor: 'zahra', at: new Date() })
  t.same(diffOperators(operator, touched).changedFields, [], 'who and when are no settings')
  t.same(diffOperators(operator, operator, true), {
    changedFields: ['credentials'],
    previousValues: { credentials: 1 },
    newValues: { credentials: 1 },
  })
})

t.test('what is recorded carries who asked and by which request, or nulls', async (t) => {
  const operator = anOperator()
  const next = revised(operator, { status: 'ACTIVE' }, { actor: 'zahra', at })
  const deleted = softDeleted(next, { actor: 'zahra', at })
  const script = { actor: 'migration-script', requestId: null, traceparent: null, sourceAddress: null }
  const recording = { eventId: crypto.randomUUID(), auditId: crypto.randomUUID(), context: script }
  const all = [
    recordedCreate(operator, recording),
    recordedUpdate(operator, next, { ...recording, rotated: false }),
    recordedDelete(next, deleted, recording),
  ]
  t.same(
    all.map(({ audit, event }) => [audit.action, event.subject, audit.version, event.payload.version]),
    [
      ['operator.create', 'operator.config.created.v1', 1, 1],
      ['operator.update', 'operator.config.updated.v1', 2, 2],
      ['operator.delete', 'operator.config.deleted.v1', 3, 3],
    ],
  )
  const nobody = { actor: 'migration-script', requestId: null, traceId: null, sourceAddress: null }
  for (const { audit, event, auditEvent } of all) {
    const { operatorId } = operator
    t.match(audit, { ...nobody, auditId: recording.auditId })
    t.match(event, { eventId: recording.eventId, operatorId, traceparent: null })
    t.match(auditEvent, { eventId: recording.auditId, operatorId, subject: 'audit.admin.v1', traceparent: null })
    const { auditId, at: when, ...entry } = audit
    t.same(auditEvent.payload, { schemaVersion: '1', eventId: auditId, at: when.toISOString(), ...entry })
  }
})

t.test('a change that its schema does not know is refused before it is written', async (t) => {
  const operator = anOperator()
  const ids = { eventId: crypto.randomUUID(), auditId: crypto.randomUUID() }
  const nothing = { ...ids, context: by('zahra'), rotated: false }
  t.throws(() => recordedUpdate(operator, operator, nothing), TypeError)
})

t.test('a trace id is the second field of a traceparent', async (t) => {
  t.equal(traceIdOf(by('zahra').traceparent), '4bf92f3577b34da6a3ce929d0e0e4736')
  t.equal(traceIdOf(null), null)
  t.equal(traceIdOf('not one'), null)
})

t.test('an attempt tells of its failure and never rejects', async (t) => {
  const told: unknown[] = []
  const report = (...args: unknown[]) => void told.push(args)
  await attempt(report, 'good work', async () => 1)
  t.same(told, [])
  const failure = new Error('no')
  await attempt(report, 'bad work', async () => {
    throw failure
  })
  await attempt(report, 'work that throws at once', () => {
    throw failure
  })
  t.same(told, [
    ['bad work', failure],
    ['work that throws at once', failure],
  ])
})
