import { createLogger, createMetrics, startTracing } from '@oms/adapters/telemetry'
import { type FoldedReports, type HealthReport, micros, type OperatorId } from '@oms/domain'
import { startOtlpReceiver } from '@oms/testkit'
import t from 'tap'
import { observeIngest } from './observe-ingest.ts'
import { traceIngest } from './trace-ingest.ts'

const FIRST = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const SECOND = '00-5bf92f3577b34da6a3ce929d0e0e4736-10f067aa0ba902b7-01'
const traceOf = (traceparent: string | null | undefined) => traceparent?.split('-')[1]
const spanOf = (traceparent: string | null | undefined) => traceparent?.split('-')[2]

const aReport = (operatorId: string, traceparent: string | null): HealthReport => ({
  operatorId: operatorId as OperatorId,
  at: micros(0),
  receivedAt: micros(0),
  streamSequence: 1,
  bindState: 'BOUND',
  errorRate: 0,
  bindError: null,
  traceparent,
})

const NOTHING: FoldedReports = {
  states: [],
  confirmed: [],
  transitions: [],
  unknown: [],
  accepted: 0,
  redelivered: 0,
  replayed: 0,
  collapsed: 0,
}

/** What the events of these reports' transitions would carry. */
async function placesFor(reports: readonly HealthReport[]) {
  const places: (string | null)[] = []
  await traceIngest(reports, async (traceparentOf) => {
    for (const { traceparent } of reports) places.push(traceparentOf(traceparent))
    return NOTHING
  })
  return places
}

t.test(
  'without an SDK every event still has a place: in the trace of its report, else in that of the batch',
  async (t) => {
    const [alone] = await placesFor([aReport('a', FIRST)])
    t.equal(traceOf(alone), traceOf(FIRST))
    t.not(spanOf(alone), spanOf(FIRST))
    const [first, second, none, again] = await placesFor([
      aReport('a', FIRST),
      aReport('b', SECOND),
      aReport('c', null),
      aReport('a', FIRST),
    ])
    t.same([traceOf(first), traceOf(second)], [traceOf(FIRST), traceOf(SECOND)])
    t.equal(again, first)
    t.notOk([traceOf(FIRST), traceOf(SECOND)].includes(traceOf(none)))
    t.match(await placesFor([aReport('a', 'no traceparent')]), [/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/])
  },
)

t.test('the line of a transition is in the trace of its report, where its event goes on', async (t) => {
  const lines: unknown[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const log = createLogger({ level: 'info', app: 'health-ingestor', destination })
  const metrics = createMetrics({ app: 'health-ingestor', version: 'test' })
  using observed = observeIngest({ log, metrics })
  const reports = [aReport('a', FIRST), aReport('b', SECOND), aReport('c', null)]
  const transitions = reports.map((each) => ({
    ...each,
    previousState: 'UNKNOWN' as const,
    newState: 'HEALTHY' as const,
    transition: 1,
  }))
  const places: (string | null)[] = []
  await traceIngest(reports, async (traceparentOf) => {
    const folded = { ...NOTHING, transitions }
    places.push(...transitions.map(({ traceparent }) => traceparentOf(traceparent)))
    observed.onRecorded(folded, traceparentOf)
    return folded
  })
  t.same(places.slice(0, 2).map(traceOf), [FIRST, SECOND].map(traceOf))
  t.match(
    lines,
    places.map((place) => ({ msg: 'health transition', traceId: traceOf(place), spanId: spanOf(place) })),
  )
})

t.test(
  'a batch of several traces is one span that links to them, and a span in each that decided something',
  async (t) => {
    const receiver = await startOtlpReceiver(t)
    const onError = (error: unknown) => t.fail('spans were not sent', { error })
    const tracing = await startTracing({
      app: 'health-ingestor',
      version: 'test',
      sampledShare: 1,
      endpoint: receiver.endpoint,
      onError,
    })
    const [first, second, none] = await placesFor([aReport('a', FIRST), aReport('b', SECOND), aReport('c', null)])
    await tracing[Symbol.asyncDispose]()

    const spans = receiver.spans()
    const batch = spans.find(({ name }) => name === 'ops.health.ingest')
    t.match(batch, { parentSpanId: undefined, links: [spanOf(FIRST), spanOf(SECOND)], app: 'health-ingestor' })
    t.same(
      [batch?.traceId, batch?.spanId],
      [traceOf(none), spanOf(none)],
      'an event without a caller goes on from the batch',
    )
    const joined = spans.filter(({ name }) => name === 'ops.health.transition')
    t.match(joined, [
      { traceId: traceOf(FIRST), parentSpanId: spanOf(FIRST), spanId: spanOf(first), links: [batch?.spanId] },
      { traceId: traceOf(SECOND), parentSpanId: spanOf(SECOND), spanId: spanOf(second), links: [batch?.spanId] },
    ])
  },
)
