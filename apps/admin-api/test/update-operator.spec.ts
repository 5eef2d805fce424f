import {
  createdOperator as created,
  expectStatus,
  footprint,
  startService,
  until,
  wireTo,
  type WireAnswer,
} from '@oms/testkit'
import t from 'tap'

const service = await startService(t, { apps: { 'admin-api': 1 } })
const { admin, events, passwordIn, secrets, sql, vault } = service
const wire = await wireTo(service)

type Patch = Readonly<Record<string, unknown>>

const patched = (
  operatorId: string,
  patch: Patch,
  headers: Readonly<Record<string, string>> = {},
): Promise<WireAnswer> => wire('PATCH', `/v1/admin/operators/${operatorId}`, { json: patch, headers })

const createdOperator = (fields: Patch = {}) => created(admin, fields)

const updatedEvent = async (operatorId: string): Promise<Patch> =>
  (await events.next('operator.config.updated.v1', operatorId)).payload

const secretIn = async (operatorId: string, version: number): Promise<unknown> =>
  (await secrets('GET', `secret/data/ops/operators/${operatorId}/credentials?version=${version}`)).data.data

t.test('US-OPS-02 AC1: a partial patch answers 200 with the whole operator as it is now', async (t) => {
  for (const type of ['application/merge-patch+json', 'application/json', 'application/json; charset=utf-8']) {
    const before = await createdOperator({ notes: 'stays' })
    const patch = { port: 3775, tpsLimit: { maxTps: 250 } }
    const { body, headers } = expectStatus(await patched(before.operatorId, patch, { 'content-type': type }), 200)
    const { updatedAt, ...rest } = body
    const { updatedAt: _, ...expected } = before
    const tpsLimit = { ...(before.tpsLimit as object), maxTps: 250 }
    t.same(rest, { ...expected, port: 3775, tpsLimit, version: 2 }, type)
    t.ok(String(updatedAt) >= String(before.updatedAt))
    t.equal(headers.get('etag'), '"2"')
    t.same((await admin('GET', `/operators/${before.operatorId}`)).body, body)
  }
})

t.test('US-OPS-02 AC2: a password is written to Vault as a new version and not returned', async (t) => {
  const { operatorId, systemId } = await createdOperator({ password: 'old-one' })
  const answer = expectStatus(await patched(operatorId, { password: 'new-one' }), 200)
  t.match(answer.body, { version: 2, credentialsVersion: 2 })
  t.notMatch(JSON.stringify(answer.body), /new-one|old-one|"password"/)
  t.same(await secretIn(operatorId, 2), { systemId, password: 'new-one' })
  t.same(await secretIn(operatorId, 1), { systemId, password: 'old-one' })
})

t.test('US-OPS-02 AC2: the event and the history of a rotation hold version numbers only', async (t) => {
  const { operatorId } = await createdOperator({ password: 'told-old' })
  expectStatus(await patched(operatorId, { password: 'told-new' }), 200)
  const event = await updatedEvent(operatorId)
  t.match(event, { version: 2, previousValues: { credentials: 1 }, newValues: { credentials: 2 } })
  t.same(event.changedFields, ['credentials'])
  const rows =
    await sql`SELECT before, after FROM ops.admin_audit_log WHERE operator_id = ${operatorId} AND version = 2`
  t.match(rows, [{ before: { credentialsVersion: 1 }, after: { credentialsVersion: 2 } }])
  t.notMatch(JSON.stringify([event, rows]), /told-/)
})

t.test('the same password again is a rotation: it is never compared', async (t) => {
  const { operatorId } = await createdOperator({ password: 'as-it-is' })
  t.match(expectStatus(await patched(operatorId, { password: 'as-it-is' }), 200).body, { credentialsVersion: 2 })
  t.same((await updatedEvent(operatorId)).changedFields, ['credentials'])
})

t.test('a longer password than SMPP 3.4 knows is taken with a warning', async (t) => {
  const { operatorId } = await createdOperator()
  const { body } = expectStatus(await patched(operatorId, { password: 'nine-char' }), 200)
  t.match(body.warnings, [{ code: 'PASSWORD_LONGER_THAN_SMPP_3_4', path: 'password' }])
  t.notOk('warnings' in expectStatus(await patched(operatorId, { notes: 'x' }), 200).body)
})

t.test('a systemId alone keeps the password, and the event says that the secret was written', async (t) => {
  const { operatorId, systemId } = await createdOperator({ password: 'kept-one' })
  t.match(expectStatus(await patched(operatorId, { systemId: 'renamed' }), 200).body, { credentialsVersion: 2 })
  t.same(await secretIn(operatorId, 2), { systemId: 'renamed', password: 'kept-one' })
  const { changedFields, previousValues, newValues } = await updatedEvent(operatorId)
  t.same(changedFields, ['systemId', 'credentials'])
  t.same(previousValues, { systemId, credentials: 1 })
  t.same(newValues, { systemId: 'renamed', credentials: 2 })
})

t.test('US-OPS-02 AC3: changedFields are the dotted paths that really changed, with both values', async (t) => {
  const { operatorId, name, host } = await createdOperator({
    tpsLimit: { maxTps: 100 },
    notes: 'old',
    systemType: 'SMS',
  })
  const patch = {
    name: `${name} B`,
    host,
    port: 2776,
    bindType: 'TRANSMITTER',
    status: 'ACTIVE',
    systemType: 'SMS',
    tpsLimit: { maxTps: 100, burstMultiplier: 2.25, enforcementMode: 'SOFT_THROTTLE' },
    notes: 'new\r\nline',
    mnoId: 'roshan',
  }
  const { body } = expectStatus(await patched(operatorId, patch), 200)
  const event = await updatedEvent(operatorId)
  const before = {
    name,
    port: 2775,
    bindType: 'TRANSCEIVER',
    status: 'INACTIVE',
    'tpsLimit.burstMultiplier': 1.5,
    'tpsLimit.enforcementMode': 'HARD_REJECT',
    notes: 'old',
    mnoId: null,
  }
  const after = {
    name: `${name} B`,
    port: 2776,
    bindType: 'TRANSMITTER',
    status: 'ACTIVE',
    'tpsLimit.burstMultiplier': 2.25,
    'tpsLimit.enforcementMode': 'SOFT_THROTTLE',
    notes: 'new\nline',
    mnoId: 'roshan',
  }
  t.same([...(event.changedFields as string[])].sort(), Object.keys(after).sort())
  t.same(event.previousValues, before)
  t.same(event.newValues, after)
  t.match(event, { schemaVersion: '1', version: 2, updatedAt: body.updatedAt, updatedBy: 'test-admin' })
})

t.test('null clears notes and mnoId, empties systemType, and resets members of the TPS limit', async (t) => {
  const tpsLimit = { maxTps: 7, burstMultiplier: 3, burstWindowMs: 500, enforcementMode: 'SOFT_THROTTLE' }
  const { operatorId } = await createdOperator({ notes: 'n', mnoId: 'roshan', systemType: 'SMS', tpsLimit })
  const nulls = { burstMultiplier: null, burstWindowMs: null, enforcementMode: null }
  const { body } = expectStatus(
    await patched(operatorId, { notes: null, mnoId: null, systemType: null, tpsLimit: nulls }),
    200,
  )
  t.match(body, { notes: null, mnoId: null, systemType: '' })
  t.same(body.tpsLimit, { maxTps: 7, burstMultiplier: 1.5, burstWindowMs: 1000, enforcementMode: 'HARD_REJECT' })
})

t.test('a patch that changes nothing answers 200 and leaves no trace', async (t) => {
  const before = await createdOperator({ name: 'Same Again', host: 'same.example', notes: 'a\nb', mnoId: 'roshan' })
  const written = await footprint(service)
  const patches = [
    {},
    { status: 'INACTIVE' },
    { tpsLimit: {} },
    { name: '  Same Again ', host: 'SAME.example.', notes: 'a\r\nb', tpsLimit: { burstMultiplier: 1.5 } },
    { mnoId: 'roshan', systemType: null, systemId: before.systemId },
  ]
  for (const patch of patches) {
    const { body, headers } = expectStatus(await patched(before.operatorId, patch), 200)
    t.same(body, before, JSON.stringify(patch))
    t.equal(headers.get('etag'), '"1"')
  }
  t.same(await footprint(service), written)
  t.equal(await passwordIn(before.operatorId, 2), undefined, 'Vault has no second version')
})

t.test('If-Match lets a change pass only from the version that it names', async (t) => {
  const { operatorId } = await createdOperator()
  const cases: readonly (readonly [header: string, status: number])[] = [
    ['"2"', 412],
    ['W/"1"', 412],
    ['"1 "', 400],
    ['1', 400],
    ['"1', 400],
    ['""', 412],
    ['"0", "7"', 412],
    ['"a,b"', 412],
    ['"1"x', 400],
    ['*, "1"', 400],
    ['', 400],
    ['"1"', 200],
    ['"9", "2"', 200],
    ['W/"3", "3"', 200],
    ['"4",, "5"', 200],
    ['*', 200],
  ]
  let version = 1
  for (const [header, status] of cases) {
    const before = await footprint(service)
    const answer = await patched(operatorId, { notes: `after ${header}` }, { 'if-match': header === '' ? ' ' : header })
    t.equal(answer.status, status, `If-Match: ${header}`)
    if (status === 200) {
      version += 1
      t.equal(answer.headers.get('etag'), `"${version}"`)
    } else {
      t.equal(answer.body.code, status === 412 ? 'VERSION_MISMATCH' : 'INVALID_PAYLOAD')
      t.same(await footprint(service), before)
    }
  }
  t.equal((await patched('not-there', {}, { 'if-match': '*' })).status, 404)
})

t.test('a mismatch is told before anything else is: Vault is not asked', async (t) => {
  const { operatorId } = await createdOperator({ password: 'unturned' })
  const answer = await patched(operatorId, { password: 'too-late', status: 'SUSPENDED' }, { 'if-match': '"7"' })
  t.match(expectStatus(answer, 412).body, { code: 'VERSION_MISMATCH' })
  t.equal(await passwordIn(operatorId), 'unturned')
})

t.test('a status changes along the allowed steps only', async (t) => {
  const paths = { INACTIVE: [], ACTIVE: ['ACTIVE'], SUSPENDED: ['ACTIVE', 'SUSPENDED'] } as const
  const next: Readonly<Record<string, readonly string[]>> = {
    INACTIVE: ['ACTIVE'],
    ACTIVE: ['SUSPENDED', 'INACTIVE'],
    SUSPENDED: ['ACTIVE', 'INACTIVE'],
  }
  for (const [from, steps] of Object.entries(paths)) {
    for (const to of Object.keys(paths)) {
      const { operatorId } = await createdOperator()
      for (const status of steps) expectStatus(await patched(operatorId, { status }), 200)
      const answer = await patched(operatorId, { status: to })
      const version = steps.length + 1
      if (from === to) t.match(expectStatus(answer, 200).body, { status: to, version })
      else if (next[from]?.includes(to)) t.match(expectStatus(answer, 200).body, { status: to, version: version + 1 })
      else {
        t.match(expectStatus(answer, 409).body, { code: 'INVALID_STATUS_TRANSITION' }, `${from} to ${to}`)
        t.match((await admin('GET', `/operators/${operatorId}`)).body, { status: from, version })
      }
    }
  }
})

t.test('a refused status takes the rest of its patch with it, the password too', async (t) => {
  const { operatorId } = await createdOperator({ password: 'unturned' })
  const before = await footprint(service)
  t.equal((await patched(operatorId, { status: 'SUSPENDED', notes: 'x', password: 'too-soon' })).status, 409)
  t.same(await footprint(service), before)
  t.equal(await passwordIn(operatorId), 'unturned')
})

t.test('US-OPS-02 AC5: an operator that is deleted, unknown or no operator at all answers 404', async (t) => {
  const { operatorId } = await createdOperator()
  expectStatus(await admin('DELETE', `/operators/${operatorId}`), 204)
  const before = await footprint(service)
  for (const id of [operatorId, crypto.randomUUID(), '-not-an-id', 'a.b']) {
    for (const patch of [{}, { notes: 'late' }, { password: 'too-late' }]) {
      const { body } = expectStatus(await patched(id, patch), 404)
      t.match(body, { code: 'OPERATOR_NOT_FOUND' }, id)
    }
  }
  t.same(await footprint(service), before)
})

t.test(
  'of twenty concurrent changes from one version exactly one wins, and the others hear that they are late',
  async (t) => {
    const { operatorId } = await createdOperator()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        patched(operatorId, { notes: `writer ${index}` }, { 'if-match': '"1"' }),
      ),
    )
    const won = answers.filter(({ status }) => status === 200)
    t.equal(won.length, 1)
    t.equal(answers.filter(({ status, body }) => status === 412 && body.code === 'VERSION_MISMATCH').length, 19)
    t.same((await admin('GET', `/operators/${operatorId}`)).body, won[0]?.body)
  },
)

t.test(
  'concurrent changes of different fields all survive, each a version, told in the order of versions',
  async (t) => {
    const { operatorId, name } = await createdOperator()
    const patches = [
      { name: `${name} B` },
      { port: 2777 },
      { notes: 'kept' },
      { mnoId: 'roshan' },
      { systemType: 'SMS' },
      { bindType: 'RECEIVER' },
      { tpsLimit: { maxTps: 42 } },
      { tpsLimit: { burstWindowMs: 777 } },
      { status: 'ACTIVE' },
      { password: 'rotated1' },
    ]
    const answers = await Promise.all(patches.map((patch) => patched(operatorId, patch)))
    t.same([...new Set(answers.map(({ status }) => status))], [200])
    const { body } = await admin('GET', `/operators/${operatorId}`)
    const { password: _, tpsLimit: __, ...visible } = Object.assign({}, ...patches) as Patch
    t.match(body, { ...visible, tpsLimit: { maxTps: 42, burstWindowMs: 777 }, version: 11, credentialsVersion: 2 })
    const versions = await until('all events', async () => {
      const told = (await events.stored('OPERATOR_CONFIG')).filter(({ payload }) => payload.operatorId === operatorId)
      return told.length === 11 ? told.map(({ payload }) => payload.version) : undefined
    })
    t.same(versions, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  },
)

t.test(
  'fifty rotations at once while Vault does not answer take half of the pool at most, and reads go on',
  async (t) => {
    const fifty = await Promise.all(Array.from({ length: 50 }, () => createdOperator({ password: 'before' })))
    const bystander = await createdOperator()
    const released = Promise.withResolvers<void>()
    vault.faults.onRequest(() => released.promise)
    t.teardown(() => vault.faults.clear())
    let refused = 0
    const rotations = fifty.map(async ({ operatorId }) => {
      const answer = await patched(operatorId, { password: 'after' })
      if (answer.status !== 200) refused += 1
      return { operatorId, answer }
    })
    await until('45 refusals while Vault is held', async () => (refused >= 45 ? true : undefined))
    const reads = await Promise.all(
      fifty.slice(0, 20).map(({ operatorId }) => admin('GET', `/operators/${operatorId}`)),
    )
    t.same([...new Set(reads.map(({ status }) => status))], [200])
    t.equal((await admin('GET', '/operators?limit=5')).status, 200)
    t.equal((await patched(bystander.operatorId, { notes: 'changed meanwhile' })).status, 200)
    released.resolve()
    vault.faults.clear()
    let changed = 0
    for (const { operatorId, answer } of await Promise.all(rotations)) {
      const rotated = answer.status === 200
      if (rotated) changed += 1
      else {
        t.match(expectStatus(answer, 503).body, { code: /SERVICE_OVERLOADED|VAULT_UNAVAILABLE/ })
        t.equal(answer.headers.get('retry-after'), String(answer.body.retryAfter))
      }
      const { body } = await admin('GET', `/operators/${operatorId}`)
      t.match(body, rotated ? { version: 2, credentialsVersion: 2 } : { version: 1, credentialsVersion: 1 })
      t.equal(await passwordIn(operatorId, rotated ? 2 : 1), rotated ? 'after' : 'before')
    }
    t.ok(changed <= 5, `${changed} held a transaction across Vault`)
    const [again] = fifty
    await until('a rotation goes through again', async () => {
      const { status } = await patched(String(again?.operatorId), { password: 'at-last' })
      return status === 200 || undefined
    })
  },
)
