import { decodeHealthReport, letterText } from '@oms/adapters/nats'
import { DomainError, HEALTH_THRESHOLD_DEFAULTS, micros } from '@oms/domain'
import { memoryPorts } from '@oms/domain/memory'
import t from 'tap'
import type { InboundMessage } from './compose.ts'
import { createIngest } from './ingest.ts'

const AWAY = new DomainError('DEPENDENCY_UNAVAILABLE', 'away')

function anIngest() {
  const memory = memoryPorts()
  const undecodable: string[] = []
  const ingest = createIngest({
    ...memory,
    thresholds: HEALTH_THRESHOLD_DEFAULTS,
    decode: decodeHealthReport,
    letterText,
    onCommit: () => undefined,
    onRecorded: () => undefined,
    onUnrecorded: () => undefined,
    onUndecodable: (_, reason) => undecodable.push(reason),
    onDeadLetter: () => undefined,
  })
  return { memory, ingest, undecodable }
}

const message = (payload: unknown, streamSequence: number): InboundMessage => ({
  subject: 'operator.health.inbound.v1',
  data: new TextEncoder().encode(JSON.stringify(payload)),
  traceparent: null,
  streamSequence,
  receivedAtMicros: micros(Date.now() * 1_000),
  deliveryCount: 1,
  redelivered: false,
})
const ofNobody = {
  schemaVersion: '1',
  eventId: 'e',
  operatorId: 'nobody',
  at: '2026-11-20T12:00:00Z',
  bindState: 'BOUND',
  errorRate: 0,
}

t.test('a letter that cannot be stored is reported, and counts for nothing until it is', async (t) => {
  const { memory, ingest, undecodable } = anIngest()
  memory.deadLetters.faults.fail('publish', AWAY)
  const batch = [message('no report', 1), message(ofNobody, 2)]
  t.match(await ingest(batch), [{ nakAfterMs: Number }, { nakAfterMs: Number }])
  t.match(memory.failures, [
    { what: 'store a dead letter', error: AWAY },
    { what: 'store a dead letter', error: AWAY },
  ])
  t.same(undecodable, [])
  memory.deadLetters.faults.heal()
  t.same(await ingest(batch), ['term', 'ack'])
  t.equal(undecodable.length, 1)
  t.equal(memory.deadLetters.letters.length, 2)
})

t.test('what cannot be decoded is counted once, however often its batch comes again', async (t) => {
  const { memory, ingest, undecodable } = anIngest()
  memory.health.faults.fail('change', AWAY)
  const batch = [message('no report', 1), message(ofNobody, 2)]
  await t.rejects(ingest(batch), AWAY)
  await t.rejects(ingest(batch), AWAY)
  memory.health.faults.heal()
  await ingest(batch)
  t.equal(undecodable.length, 1)
})
