import { micros, Secret } from '@oms/domain'
import { RetentionPolicy, StorageType, type StreamConfig } from 'nats'
import t from 'tap'
import { connectOptions } from './connect-options.ts'
import { decodeHealthReport } from './decode-health-report.ts'
import { inboundMessage, isDelivery } from './inbound-message.ts'
import { parseInstant } from './instant.ts'
import { streamChanges } from './stream-changes.ts'

const report = {
  schemaVersion: '1',
  eventId: 'e-1',
  operatorId: 'op-1',
  at: '2026-11-20T10:00:00.123456Z',
  bindState: 'BOUND',
  errorRate: 0.25,
}

const message = (data: unknown) => ({
  subject: 'operator.health.inbound.v1',
  data: data instanceof Uint8Array ? data : new TextEncoder().encode(JSON.stringify(data)),
  traceparent: null,
  streamSequence: 7,
  receivedAtMicros: micros(1_795_000_000_000_001),
  deliveryCount: 1,
  redelivered: false,
})

t.test('a report is decoded with the facts of the stream, and members it may grow are ignored', async (t) => {
  t.same(decodeHealthReport(message({ ...report, tps: 12.5, inFlight: 3, later: { any: 'thing' } })), {
    operatorId: 'op-1',
    at: Date.parse('2026-11-20T10:00:00.123Z') * 1_000 + 456,
    receivedAt: 1_795_000_000_000_001,
    streamSequence: 7,
    bindState: 'BOUND',
    errorRate: 0.25,
    bindError: null,
    traceparent: null,
  })
})

t.test('what PostgreSQL or a terminal cannot take in an error text is replaced', async (t) => {
  const bindError = 'ESME\u0000_R\u001b[2J é 😀 \ud800'
  t.match(decodeHealthReport(message({ ...report, bindState: 'UNBOUND', bindError })), {
    bindState: 'UNBOUND',
    bindError: 'ESME\ufffd_R\ufffd[2J é 😀 \ufffd',
  })
})

t.test('a lost bind counts however much its carrier has to say about it', async (t) => {
  const bindError = `${'x'.repeat(255)}😀 and so on`
  t.match(decodeHealthReport(message({ ...report, bindState: 'UNBOUND', bindError })), {
    bindState: 'UNBOUND',
    bindError: `${'x'.repeat(255)}\ufffd`,
  })
})

t.test('whatever is no report is undecodable, and the reason quotes nothing of it', async (t) => {
  const { at: _, ...timeless } = report
  const wrong: [string, unknown][] = [
    ['not JSON in UTF-8', new TextEncoder().encode('{"half":')],
    ['not JSON in UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['not JSON in UTF-8', new Uint8Array()],
    ['not JSON in UTF-8', new TextEncoder().encode('['.repeat(500_000))],
    ['/ is not as agreed', null],
    ['/ is not as agreed', [report]],
    ['/at is not as agreed', timeless],
    ['/schemaVersion is not as agreed', { ...report, schemaVersion: '2' }],
    ['/operatorId is not as agreed', { ...report, operatorId: 'op.1' }],
    ['/operatorId is not as agreed', { ...report, operatorId: 'op\u0000' }],
    ['/bindState is not as agreed', { ...report, bindState: 'bound' }],
    ['/errorRate is not as agreed', { ...report, errorRate: 1.01 }],
    ['/errorRate is not as agreed', { ...report, errorRate: '0.1' }],
    ['/inFlight is not as agreed', { ...report, inFlight: -1 }],
    ['/bindError is not as agreed', { ...report, bindError: 5 }],
    ['/bindError is not as agreed', { ...report, bindError: 'x'.repeat(65_536) }],
    ['/at is no time', { ...report, at: '2026-11-20' }],
  ]
  for (const [undecodable, data] of wrong) t.same(decodeHealthReport(message(data)), { undecodable })
})

t.test('only a real moment with its offset is a time', async (t) => {
  const same = Date.parse('2026-11-20T10:00:00Z') * 1_000
  t.equal(parseInstant('2026-11-20T10:00:00Z'), same)
  t.equal(parseInstant('2026-11-20T14:30:00+04:30'), same)
  t.equal(parseInstant('2026-11-20T00:00:00-10:00'), same)
  t.equal(parseInstant('2026-11-20T10:00:00.5Z'), same + 500_000)
  t.equal(parseInstant('2026-11-20T10:00:00,000001999Z'), same + 1)
  t.equal(parseInstant('2028-02-29T00:00:00Z'), Date.UTC(2028, 1, 29) * 1_000)
  t.equal(parseInstant('1970-01-01T00:00:00Z'), 0)
  const none = ['2026-11-20T10:00:00', '2026-11-20 10:00:00Z', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z']
  const odd = ['2026-11-20T24:00:00Z', '2026-11-20T10:60:00Z', '2026-11-20T10:00:60Z', '2026-11-20T10:00:00+24:00']
  const far = ['1969-12-31T23:59:59Z', '2255-01-01T00:00:00Z', '1970-01-01T00:00:00+00:01', '0050-01-01T00:00:00Z']
  for (const text of [...none, ...odd, ...far, '', 'now', '2026-11-20T10:00:00Z\n']) {
    t.equal(parseInstant(text), undefined, text)
  }
})

t.test('the time of a delivery is exact to the microsecond in both forms of its reply subject', async (t) => {
  const delivered = (reply: string) => ({ subject: 's', data: new Uint8Array(), reply }) as never
  // As a double this is …001_000_000: a microsecond too late.
  const nanoseconds = '1795000000000000999'
  const facts = { receivedAtMicros: 1_795_000_000_000_000, streamSequence: 41, deliveryCount: 2, redelivered: true }
  t.match(inboundMessage(delivered(`$JS.ACK.S.C.2.41.9.${nanoseconds}.0`)), facts)
  t.match(inboundMessage(delivered(`$JS.ACK._.HASH.S.C.2.41.9.${nanoseconds}.0.token`)), facts)
  t.equal(isDelivery(delivered('$JS.ACK.S.C.2.41.9.1.0')), true)
  t.equal(isDelivery(delivered('_INBOX.x')), false)
})

t.test('an existing stream is only ever raised', async (t) => {
  const wanted = {
    name: 'S',
    subjects: ['a'],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    max_age: 100,
    num_replicas: 3,
    duplicate_window: 10,
  }
  const existing = (other: Partial<StreamConfig>) => ({ ...wanted, ...other }) as StreamConfig
  t.same(streamChanges(existing({}), wanted), { change: {}, differences: [] })
  t.same(streamChanges(existing({ max_age: 50, num_replicas: 1, duplicate_window: 5, no_ack: true }), wanted).change, {
    max_age: 100,
    num_replicas: 3,
    duplicate_window: 10,
    no_ack: false,
  })
  t.match(
    streamChanges(existing({ max_age: 0, num_replicas: 5, duplicate_window: 99, subjects: ['a', 'b'] }), wanted),
    {
      change: {},
      differences: [{ kind: 'kept' }, { kind: 'kept' }],
    },
  )
  t.same(streamChanges(existing({ subjects: ['b'] }), wanted).change, { subjects: ['b', 'a'] })
  for (const other of [
    { retention: RetentionPolicy.Workqueue },
    { storage: StorageType.Memory },
    { sealed: true },
    { mirror: { name: 'OTHER' } },
  ]) {
    t.match(streamChanges(existing(other), wanted), { differences: [{ kind: 'incompatible' }] })
  }
})

t.test('a login may stand in the URL, its password in a file, and TLS is asked for by name', async (t) => {
  const plain = connectOptions({ servers: ['nats://one:4222', 'nats://two'], name: 'app' })
  t.match(plain, { servers: ['nats://one:4222', 'nats://two'], name: 'app', maxReconnectAttempts: -1 })
  t.notOk('user' in plain || 'tls' in plain)
  t.match(connectOptions({ servers: ['nats://ops:p%40ss@one:4222', 'nats://two'], name: 'app' }), {
    servers: ['nats://one:4222', 'nats://two'],
    user: 'ops',
    pass: 'p@ss',
  })
  t.match(connectOptions({ servers: ['nats://ops@one'], name: 'app', password: new Secret('from a file') }), {
    user: 'ops',
    pass: 'from a file',
  })
  t.same(connectOptions({ servers: ['tls://one'], name: 'app' }).tls, {})
  const tls = { caPath: '/ca.pem', certPath: '/cert.pem', keyPath: '/key.pem' }
  t.same(connectOptions({ servers: ['nats://one'], name: 'app', tls }).tls, {
    caFile: '/ca.pem',
    certFile: '/cert.pem',
    keyFile: '/key.pem',
  })
})
