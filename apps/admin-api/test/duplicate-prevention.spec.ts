import { type Answer, anOperator, createdOperator, expectStatus, footprint, startService, until } from '@oms/testkit'
import t from 'tap'

const service = await startService(t, { apps: { 'admin-api': 1 } })
const { admin, events, secrets, sql } = service

const fifty = <T>(work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: 50 }, (_, index) => work(index)))

const withStatus = (answers: readonly Answer[], status: number): readonly Answer[] =>
  answers.filter((answer) => answer.status === status)

const newestSecret = async (operatorId: string): Promise<unknown> =>
  (await secrets('GET', `secret/metadata/ops/operators/${operatorId}/credentials`)).data.current_version

/** What the stream holds of these operators, once it has as many events as there are operators. */
const createdEvents = (ids: ReadonlySet<unknown>) =>
  until('the events', async () => {
    const told = (await events.stored('OPERATOR_CONFIG')).filter(({ payload }) => ids.has(payload.operatorId))
    return told.length >= ids.size ? told : undefined
  })

t.test(
  'US-OPS-01 AC3: a second operator with the same host, port and systemId is refused and the first named',
  async (t) => {
    const first = await createdOperator(admin)
    const before = await footprint(service)
    const { host, port, systemId } = first
    const { status, body, headers } = await admin('POST', '/operators', anOperator({ host, port, systemId }))
    t.equal(status, 409)
    t.match(headers.get('content-type'), /^application\/problem\+json/)
    t.match(body, { code: 'DUPLICATE_OPERATOR', status: 409, type: 'urn:oms:problem:duplicate-operator' })
    t.same(body.conflicts, [{ operatorId: first.operatorId, name: first.name }])
    t.notOk('retryAfter' in body)
    t.same(await footprint(service), before)
  },
)

t.test('US-OPS-01 AC3: the same host is recognised in another spelling', async (t) => {
  const spellings = [
    ['smsc.carrier.example', 'SMSC.Carrier.Example.'],
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
  ] as const
  for (const [one, other] of spellings) {
    const { systemId } = await createdOperator(admin, { host: one })
    const { body } = expectStatus(await admin('POST', '/operators', anOperator({ host: other, systemId })), 409)
    t.equal(body.code, 'DUPLICATE_OPERATOR', other)
  }
})

t.test('US-OPS-01 AC3: another port, host or systemId is another operator', async (t) => {
  const { host, systemId } = await createdOperator(admin)
  for (const other of [{ port: 2776 }, { host: `b.${host}` }, { systemId: 'another' }]) {
    t.equal((await admin('POST', '/operators', anOperator({ host, systemId, ...other }))).status, 201)
  }
})

t.test('a name is taken in any case and in any normal form of Unicode', async (t) => {
  const spellings = [
    ['Roshan TRX', 'rOSHAN trx'],
    ['Telefónica Åland', 'TELEFÓNICA ÅLAND'],
    ['Билайн', 'БИЛАЙН'],
    ['Ελλάδα', 'ελλάδα'],
    ['Café Móvil'.normalize('NFC'), '  café móvil '.normalize('NFD')],
  ] as const
  for (const [one, other] of spellings) {
    const first = await createdOperator(admin, { name: one })
    const { body } = expectStatus(await admin('POST', '/operators', anOperator({ name: other })), 409)
    t.match(body, { code: 'DUPLICATE_NAME', conflicts: [{ operatorId: first.operatorId, name: first.name }] }, other)
  }
})

t.test('who collides with one operator by endpoint and with another by name hears of the endpoint', async (t) => {
  const [one, other] = [await createdOperator(admin), await createdOperator(admin)]
  const { host, systemId } = one
  const { body } = expectStatus(
    await admin('POST', '/operators', anOperator({ host, systemId, name: other.name })),
    409,
  )
  t.equal(body.code, 'DUPLICATE_OPERATOR')
  t.same(body.conflicts, [{ operatorId: one.operatorId, name: one.name }])
})

t.test(
  'US-OPS-02 AC4: an update to the host, port and systemId of another is refused and changes nothing',
  async (t) => {
    const one = await createdOperator(admin)
    const other = await createdOperator(admin, { host: one.host })
    const before = await footprint(service)
    const patch = { systemId: one.systemId, notes: 'not kept', password: 'not-kept' }
    const { body } = expectStatus(await admin('PATCH', `/operators/${other.operatorId}`, patch), 409)
    t.equal(body.code, 'DUPLICATE_OPERATOR')
    t.same(body.conflicts, [{ operatorId: one.operatorId, name: one.name }])
    t.same((await admin('GET', `/operators/${other.operatorId}`)).body, other)
    t.same(await footprint(service), before)
    t.equal(await newestSecret(other.operatorId), 1, 'Vault was not asked')
  },
)

t.test(
  'US-OPS-02 AC4: an update to the name of another is refused; to its own in another case it is not',
  async (t) => {
    const [one, other] = [await createdOperator(admin), await createdOperator(admin)]
    const taken = expectStatus(
      await admin('PATCH', `/operators/${other.operatorId}`, { name: one.name.toUpperCase() }),
      409,
    )
    t.match(taken.body, { code: 'DUPLICATE_NAME', conflicts: [{ operatorId: one.operatorId, name: one.name }] })
    const own = await admin('PATCH', `/operators/${one.operatorId}`, { name: one.name.toUpperCase(), host: one.host })
    t.match(expectStatus(own, 200).body, { name: one.name.toUpperCase(), version: 2 })
  },
)

t.test('fifty concurrent creates of one triple: one 201, forty-nine 409, one row, one secret, one event', async (t) => {
  const before = await footprint(service)
  const { host, systemId } = anOperator()
  const answers = await fifty(() => admin('POST', '/operators', anOperator({ host, systemId })))
  const [won, ...more] = withStatus(answers, 201)
  t.same(more, [])
  const refused = withStatus(answers, 409)
  t.equal(refused.length, 49)
  const winner = { operatorId: won?.body.operatorId, name: won?.body.name }
  for (const { body } of refused) {
    if (body.code !== 'DUPLICATE_OPERATOR') t.fail(JSON.stringify(body))
    // Either the winner was there to be named, or it was still being finished.
    if (body.retryAfter === undefined) t.same(body.conflicts, [winner])
    else t.notOk('conflicts' in body)
  }
  t.same(await footprint(service), {
    operators: before.operators + 1,
    versions: before.versions + 1,
    cleanups: before.cleanups,
    history: before.history + 1,
    events: before.events + 1,
    secrets: before.secrets + 1,
  })
  t.equal((await createdEvents(new Set([winner.operatorId]))).length, 1)
})

t.test('fifty concurrent creates with one name: one 201, forty-nine 409', async (t) => {
  const { name } = anOperator()
  const answers = await fifty(() => admin('POST', '/operators', anOperator({ name })))
  t.equal(withStatus(answers, 201).length, 1)
  t.same([...new Set(withStatus(answers, 409).map(({ body }) => body.code))], ['DUPLICATE_NAME'])
  t.equal(withStatus(answers, 409).length, 49)
})

t.test('fifty concurrent creates of different triples: fifty 201, each with its row, secret and event', async (t) => {
  const before = await footprint(service)
  const answers = await fifty((index) => admin('POST', '/operators', anOperator({ password: `pw-${index}` })))
  t.same([...new Set(answers.map(({ status }) => status))], [201])
  const ids = new Set(answers.map(({ body }) => body.operatorId))
  t.equal(ids.size, 50)
  t.same(await footprint(service), {
    operators: before.operators + 50,
    versions: before.versions + 50,
    cleanups: before.cleanups,
    history: before.history + 50,
    events: before.events + 50,
    secrets: before.secrets + 50,
  })
  const passwords = await Promise.all(answers.map(({ body }) => service.passwordIn(String(body.operatorId))))
  t.same(
    passwords,
    answers.map((_, index) => `pw-${index}`),
  )
  const told = await createdEvents(ids)
  t.equal(told.length, 50)
  t.same(new Set(told.map(({ payload }) => payload.operatorId)), ids)
})

t.test('US-OPS-02 AC4: of ten operators that move to one endpoint at once, one gets it', async (t) => {
  const { systemId } = anOperator()
  const ten = await Promise.all(Array.from({ length: 10 }, () => createdOperator(admin, { systemId })))
  const host = 'wanted.smpp.example'
  const answers = await Promise.all(ten.map(({ operatorId }) => admin('PATCH', `/operators/${operatorId}`, { host })))
  const [won] = withStatus(answers, 200)
  t.equal(withStatus(answers, 200).length, 1)
  const refused = withStatus(answers, 409)
  t.equal(refused.length, 9)
  for (const { body } of refused) {
    t.match(body, { code: 'DUPLICATE_OPERATOR', conflicts: [{ operatorId: won?.body.operatorId }] })
  }
  const rows = await sql`SELECT operator_id FROM ops.operators WHERE host = ${host}`
  t.same(rows, [{ operator_id: won?.body.operatorId }])
})

t.test('US-OPS-02 AC4: of four operators that take one systemId at once, one rotates its secret', async (t) => {
  const { host } = anOperator()
  const four = await Promise.all(Array.from({ length: 4 }, () => createdOperator(admin, { host })))
  const answers = await Promise.all(
    four.map(({ operatorId }) => admin('PATCH', `/operators/${operatorId}`, { systemId: 'wanted' })),
  )
  t.equal(withStatus(answers, 200).length, 1)
  t.equal(withStatus(answers, 409).length, 3)
  const versions = await Promise.all(four.map(({ operatorId }) => newestSecret(operatorId)))
  t.same(versions.toSorted(), [1, 1, 1, 2])
})

t.test('two operators that swap their endpoints at once are both refused, and both stay', async (t) => {
  const { systemId } = anOperator()
  const pair = await Promise.all([createdOperator(admin, { systemId }), createdOperator(admin, { systemId })])
  const [one, other] = pair
  const answers = await Promise.all([
    admin('PATCH', `/operators/${one.operatorId}`, { host: other.host }),
    admin('PATCH', `/operators/${other.operatorId}`, { host: one.host }),
  ])
  // PostgreSQL ends one of two that wait for each other; that one may be tried again.
  for (const { status, body } of answers) {
    t.ok(status === 409 || (status === 503 && body.retryAfter !== undefined), `${status} ${String(body.code)}`)
  }
  for (const operator of pair) t.same((await admin('GET', `/operators/${operator.operatorId}`)).body, operator)
})

t.test('who collides with a create that is being finished is told to try again, and of nobody', async (t) => {
  const { vault } = service
  const writes = {
    when: ({ method, path }: { method: string; path: string }) => method !== 'GET' && /\/data\//.test(path),
  }
  vault.faults.hang({ ...writes, times: 1 })
  t.teardown(() => vault.faults.clear())
  const order = anOperator()
  const before = await footprint(service)
  const held = admin('POST', '/operators', order)
  const [pending] = await until('the pending row', async () => {
    const rows = await sql`SELECT operator_id FROM ops.operators WHERE provisioning = 'PENDING'`
    return rows.length > 0 ? rows : undefined
  })
  const { host, systemId, name } = order
  const attempts = [
    ['DUPLICATE_OPERATOR', admin('POST', '/operators', anOperator({ host, systemId }))],
    ['DUPLICATE_NAME', admin('POST', '/operators', anOperator({ name }))],
  ] as const
  for (const [code, attempt] of attempts) {
    const { body, headers } = expectStatus(await attempt, 409)
    t.match(body, { code, detail: /being finished/ })
    t.equal(headers.get('retry-after'), String(body.retryAfter))
    t.ok(Number(body.retryAfter) > 0)
    t.notOk('conflicts' in body)
  }
  t.equal((await admin('GET', `/operators/${String(pending?.operator_id)}`)).status, 404, 'nobody sees it')
  t.same((await admin('GET', `/operators?q=${String(systemId)}`)).body.data, [])
  expectStatus(await held, 503)
  t.match(await footprint(service), { operators: before.operators, events: before.events, history: before.history })
  t.equal((await admin('POST', '/operators', order)).status, 201, 'free again')
})
