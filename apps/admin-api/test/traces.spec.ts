import { anOperator, placesOf, type SentSpan, startOtlpReceiver, startService, until } from '@oms/testkit'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t from 'tap'

const CANARY = `Tr4ce${randomBytes(5).toString('hex')}`
const [INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER] = [1, 2, 3, 4, 5]

const description = await readFile(new URL('../openapi.json', import.meta.url), 'utf8')
const OPERATIONS = [...description.matchAll(/"operationId": "(\w+)"/g)].map(([, operation = '']) => operation)

const APPS = ['admin-api', 'health-ingestor', 'internal-api'] as const

const receiver = await startOtlpReceiver(t)
const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }
const service = await startService(t, {
  environment: Object.fromEntries(APPS.map((app) => [app, { ...traced, SERVICE_VERSION: `of-${app}` }])),
})
const { admin, events, peer, report, token, vault } = service
const bearer = await token()

/** A caller's place in a trace, as Kong or a peer service sends it. */
function aCaller() {
  const traceId = randomBytes(16).toString('hex')
  const spanId = randomBytes(8).toString('hex')
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` }
}

async function throughKong(method: string, path: string, body?: object) {
  const caller = aCaller()
  const answer = await fetch(`${service.app('admin-api').url}/v1/admin${path}`, {
    method,
    headers: {
      authorization: `Bearer ${bearer}`,
      traceparent: caller.traceparent,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { caller, status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
}

/** All that they do is to read the operator. */
const READS_OF_ONE = new Set(['getOperator', 'getTpsLimit'])

const spansOf = (traceId: string) => receiver.spans().filter((span) => span.traceId === traceId)

/** The spans of a trace, once those of these names are among them; a name that is given twice, two of it. */
const whole = (traceId: string, ...names: readonly string[]): Promise<readonly SentSpan[]> =>
  until(`the spans ${names.join(', ')}`, async () => {
    const spans = spansOf(traceId)
    const count = (name: string, all: readonly string[]) => all.filter((each) => each === name).length
    const sent = spans.map(({ name }) => name)
    return names.every((name) => count(name, sent) >= count(name, names)) ? spans : undefined
  })

/** A create is published twice, as the event and for the audit. */
const OF_A_CREATE = ['ops.admin.createOperator', 'ops.nats.publish', 'ops.nats.publish'] as const

const named = (spans: readonly SentSpan[], name: string): SentSpan => {
  const found = spans.find((span) => span.name === name)
  if (found === undefined) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`)
  return found
}
const below = (spans: readonly SentSpan[], parent: SentSpan) =>
  spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).map(({ name }) => name)

const created = await throughKong('POST', '/operators', anOperator({ password: CANARY }))
const operatorId = String(created.body.operatorId)
const vaultPath = `secret/data/ops/operators/${operatorId}/credentials`

t.test(
  'US-OPS-08 AC2: a create is one trace from Kong through PostgreSQL, Vault and outbox to the publish',
  async (t) => {
    t.equal(created.status, 201)
    const spans = await whole(created.caller.traceId, ...OF_A_CREATE)
    const useCase = named(spans, 'ops.admin.createOperator')
    t.match(useCase, {
      app: 'admin-api',
      parentSpanId: created.caller.spanId,
      kind: SERVER,
      failed: false,
      attributes: { 'ops.action': 'createOperator', 'ops.operator_id': operatorId },
    })
    const names = below(spans, useCase)
    for (const name of ['ops.pg.insertOperator', 'ops.vault.writeCredentials', 'ops.pg.completeOperator']) {
      t.ok(names.includes(name), `${name} is below the use case`)
      t.match(named(spans, name), { kind: CLIENT, attributes: { 'ops.operator_id': operatorId } })
    }
    t.match(named(spans, 'ops.vault.writeCredentials').attributes, { 'vault.path': vaultPath })
    const publishes = spans.filter(({ name }) => name === 'ops.nats.publish')
    t.same(publishes.map(({ attributes }) => attributes.event).toSorted(), ['audit.admin', 'operator.config.created'])
    for (const publish of publishes) {
      t.match(publish, { kind: PRODUCER, parentSpanId: useCase.spanId, links: [useCase.spanId] })
      t.equal(publish.attributes['ops.operator_id'], operatorId)
    }
  },
)

t.test(
  'US-OPS-08 AC2: the event names its publish as the caller, and the lines of the log the same trace',
  async (t) => {
    const spans = await whole(created.caller.traceId, ...OF_A_CREATE)
    const manager = await events.jetstream.jetstreamManager()
    const message = await manager.streams.getMessage('OPERATOR_CONFIG', { last_by_subj: 'operator.config.created.v1' })
    const [, traceId, spanId] = message.header.get('traceparent').split('-')
    t.equal(traceId, created.caller.traceId)
    t.equal(spans.find((span) => span.spanId === spanId)?.attributes.event, 'operator.config.created')
    const lines = service
      .app('admin-api')
      .logLines()
      .filter((line) => line.traceId === created.caller.traceId)
    t.ok(lines.length >= 2, 'one of the use case, one of the request')
    for (const line of lines)
      t.ok(
        spans.some(({ spanId }) => spanId === line.spanId),
        `${String(line.msg)} names a span that was sent`,
      )
  },
)

t.test('US-OPS-08 AC2: every use case of the admin API has a span below its caller', async (t) => {
  const rule = { prefix: '+93701', costPerSegment: '0.01', currency: 'USD' }
  const tps = { maxTps: 50, burstMultiplier: 2, burstWindowMs: 1000, enforcementMode: 'SOFT_THROTTLE' }
  const other = await throughKong('POST', '/operators', anOperator())
  const made = await throughKong('POST', `/operators/${operatorId}/routing-rules`, rule)
  const ofRule = `/operators/${operatorId}/routing-rules/${String(made.body.ruleId)}`
  const calls: readonly (readonly [useCase: string, method: string, path: string, body?: object])[] = [
    ['updateOperator', 'PATCH', `/operators/${operatorId}`, { password: `${CANARY}2`.slice(-16) }],
    ['setTpsLimit', 'PUT', `/operators/${operatorId}/tps-limit`, tps],
    ['getTpsLimit', 'GET', `/operators/${operatorId}/tps-limit`],
    ['getOperator', 'GET', `/operators/${operatorId}`],
    ['listOperators', 'GET', '/operators'],
    [
      'createRoutingRules',
      'POST',
      `/operators/${operatorId}/routing-rules:bulk`,
      { rules: [{ ...rule, prefix: '+93702' }] },
    ],
    ['listRoutingRules', 'GET', `/operators/${operatorId}/routing-rules`],
    ['getRoutingRule', 'GET', ofRule],
    ['updateRoutingRule', 'PATCH', ofRule, { priority: 5 }],
    ['listDestinationPrefixes', 'GET', '/destination-prefixes'],
    ['previewRouting', 'GET', '/routing/preview?to=%2B93701123456'],
    ['listHealthLog', 'GET', `/operators/${operatorId}/health-log`],
    ['listAuditLog', 'GET', '/audit-log'],
    ['deleteRoutingRule', 'DELETE', ofRule],
    ['softDeleteOperator', 'DELETE', `/operators/${String(other.body.operatorId)}`],
  ]
  const done = [
    { useCase: 'createOperator', ...other },
    { useCase: 'createRoutingRule', ...made },
  ]
  for (const [useCase, ...call] of calls) done.push({ useCase, ...(await throughKong(...call)) })
  const tried = new Set(done.map(({ useCase }) => useCase))
  const untried = OPERATIONS.filter((operation) => !tried.has(operation))
  t.same(untried, ['listOperatorAuditLog'], 'which is the use case listAuditLog')
  for (const { useCase, caller, status, body } of done) {
    t.ok(status < 300, `${useCase} answers ${status} ${JSON.stringify(body.code ?? '')}`)
    const spans = await whole(caller.traceId, `ops.admin.${useCase}`)
    const span = named(spans, `ops.admin.${useCase}`)
    t.match(span, { parentSpanId: caller.spanId, kind: SERVER, failed: false, attributes: { 'ops.action': useCase } })
    t.ok(
      READS_OF_ONE.has(useCase) || below(spans, span).some((name) => name.startsWith('ops.pg.')),
      `${useCase} shows what it asks of PostgreSQL`,
    )
  }
})

t.test('US-OPS-08 AC2: a peer service finds its read of credentials in its own trace, down to Vault', async (t) => {
  const caller = aCaller()
  const options = { headers: { traceparent: caller.traceparent } }
  t.match(await peer(`/operators/${operatorId}/credentials`, 'smpp-connector', { ...options }), { status: 200 })
  const spans = await whole(caller.traceId, 'ops.internal.getCredentials')
  const useCase = named(spans, 'ops.internal.getCredentials')
  t.match(useCase, {
    app: 'internal-api',
    parentSpanId: caller.spanId,
    kind: SERVER,
    attributes: { 'ops.operator_id': operatorId },
  })
  t.same(below(spans, useCase), ['ops.vault.readCredentials'])
  t.match(named(spans, 'ops.vault.readCredentials').attributes, { 'vault.path': vaultPath })
  for (const [path, useCaseName] of [
    ['/operators', 'listOperators'],
    [`/operators/${operatorId}`, 'getOperator'],
    [`/operators/${operatorId}/health`, 'getOperatorHealth'],
  ] as const) {
    const other = aCaller()
    await peer(path, 'smpp-connector', { headers: { traceparent: other.traceparent } })
    const found = await whole(other.traceId, `ops.internal.${useCaseName}`)
    t.equal(named(found, `ops.internal.${useCaseName}`).parentSpanId, other.spanId)
  }
})

t.test('US-OPS-08 AC2: from the inbound report to the event of its transition is one trace', async (t) => {
  const caller = aCaller()
  await report({ operatorId, traceparent: caller.traceparent })
  const spans = await whole(caller.traceId, 'ops.health.ingest', 'ops.nats.publish')
  const ingest = named(spans, 'ops.health.ingest')
  t.match(ingest, {
    app: 'health-ingestor',
    parentSpanId: caller.spanId,
    kind: CONSUMER,
    attributes: { 'ops.operator_id': operatorId, 'ops.action': 'ingestHealthEvent' },
    events: [{ name: 'transition', attributes: { 'ops.operator_id': operatorId, from: 'UNKNOWN', to: 'HEALTHY' } }],
  })
  t.same(below(spans, ingest).toSorted(), ['ops.nats.publish', 'ops.pg.recordHealth', 'ops.redis.setHealthCache'])
  t.match(named(spans, 'ops.nats.publish').attributes, { event: 'operator.health' })
})

t.test('S-READY Observability: the trace backend has spans of every app, each with its version', (t) => {
  const senders = new Map(receiver.spans().map(({ app, version }) => [app, version]))
  t.same(Object.fromEntries(senders), Object.fromEntries(APPS.map((app) => [app, `of-${app}`])))
  t.end()
})

t.test('a caller who samples nothing has nothing recorded, and its id travels on', async (t) => {
  const before = receiver.spans().length
  const { traceId, spanId } = aCaller()
  await peer(`/operators/${operatorId}`, 'smpp-connector', { headers: { traceparent: `00-${traceId}-${spanId}-00` } })
  const seen = aCaller()
  await peer(`/operators/${operatorId}`, 'smpp-connector', { headers: { traceparent: seen.traceparent } })
  await whole(seen.traceId, 'ops.internal.getOperator')
  t.ok(receiver.spans().length > before)
  t.same(spansOf(traceId), [])
  t.ok(
    service
      .app('internal-api')
      .logLines()
      .some((line) => line.traceId === traceId),
  )
})

t.test('a caller without a trace begins one, whose root is the use case', async (t) => {
  const { status } = await admin('GET', `/operators/${operatorId}`)
  t.equal(status, 200)
  const root = await until('a root span', async () =>
    receiver.spans().find(({ name, parentSpanId }) => name === 'ops.admin.getOperator' && !parentSpanId),
  )
  t.ok(
    service
      .app('admin-api')
      .logLines()
      .some(({ traceId, spanId }) => traceId === root.traceId && spanId === root.spanId),
  )
})

t.test('what the caller has to mend is no failed span; what failed here is one, told without secrets', async (t) => {
  const missing = await throughKong('GET', '/operators/nobody')
  t.equal(named(await whole(missing.caller.traceId, 'ops.admin.getOperator'), 'ops.admin.getOperator').failed, false)
  await vault.faults.away()
  const refused = await throughKong('POST', '/operators', anOperator({ password: CANARY }))
  await vault.faults.back()
  t.equal(refused.status, 503)
  const spans = await whole(refused.caller.traceId, 'ops.admin.createOperator')
  t.match(named(spans, 'ops.admin.createOperator'), {
    failed: true,
    events: [{ name: 'exception', attributes: { 'exception.type': 'VAULT_UNAVAILABLE' } }],
  })
  t.equal(named(spans, 'ops.vault.writeCredentials').failed, true)
  t.same(placesOf(CANARY, { spans: receiver.received() }), [])
  t.same(placesOf(bearer, { spans: receiver.received() }), [])
  t.same(
    receiver.spans().filter(({ kind }) => kind === INTERNAL),
    [],
    'each says what it is',
  )
})

t.test('a receiver that is away costs nothing but its spans, and is told of', async (t) => {
  await receiver.stop()
  t.equal((await throughKong('GET', `/operators/${operatorId}`)).status, 200)
  await until('a line about it', async () =>
    service
      .app('admin-api')
      .logLines()
      .find(({ what }) => what === 'send spans'),
  )
  const { code } = await service.app('admin-api').stop()
  t.equal(code, 0)
})
