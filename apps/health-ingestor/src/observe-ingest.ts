import { type Logger, type Metrics, parseTraceparent } from '@oms/adapters/telemetry'
import type { FoldedReports, IngestHealthEventPorts } from '@oms/domain'
import type { InboundMessage } from './compose.ts'
import { summariseIngest } from './ingest-summary.ts'

/** What the ingest of health shows: counts, ages, a line for each transition and one for all batches of ten seconds. */
export function observeIngest({ log, metrics }: Readonly<{ log: Logger; metrics: Metrics }>) {
  // A replica that was started after the reports had stopped must not say that one has just come.
  let newestReceivedAt = Date.now() * 1_000
  metrics.onScrape(() => metrics.ingestAge.set(Math.max(0, Date.now() - newestReceivedAt / 1_000) / 1_000))
  const summary = summariseIngest(log)
  return {
    timed: summary.timed,
    onRecorded(folded: FoldedReports, traceparentOf: IngestHealthEventPorts['traceparentOf']): void {
      summary.recorded(folded)
      metrics.healthRejected.inc({ reason: 'outdated' }, folded.redelivered)
      metrics.healthRejected.inc({ reason: 'replayed' }, folded.replayed)
      metrics.healthRejected.inc({ reason: 'unknown_operator' }, folded.unknown.length)
      metrics.healthCollapsed.inc(folded.collapsed)
      for (const { lastReceivedAt } of folded.states) {
        if (lastReceivedAt === null) continue
        newestReceivedAt = Math.max(newestReceivedAt, lastReceivedAt)
        metrics.ingestLatency.observe(Math.max(0, Date.now() - lastReceivedAt / 1_000) / 1_000)
      }
      for (const { operatorId, previousState, newState, errorRate, traceparent } of folded.transitions) {
        metrics.healthTransition.inc({ from: previousState, to: newState })
        const facts = { action: 'health', operatorId, previousState, newState, errorRate }
        // Not of the batch, which may be of many traces: whoever reported looks for this line in its own.
        log.info({ ...placeOf(traceparentOf(traceparent)), ...facts }, 'health transition')
      }
    },
    onUndecodable({ subject, streamSequence }: InboundMessage, reason: string): void {
      summary.undecodable()
      metrics.healthRejected.inc({ reason: 'undecodable' })
      log.warn({ subject, streamSequence, reason }, 'a health report cannot be decoded')
    },
    onDeadLetter: (reason: 'UNDECODABLE' | 'UNKNOWN_OPERATOR'): void =>
      metrics.deadLetters.inc({ reason: reason === 'UNDECODABLE' ? 'undecodable' : 'unknown_operator' }),
    onBlind(blind: boolean): void {
      metrics.ingestBlind.set(blind ? 1 : 0)
      if (blind) log.warn({ blind }, 'nothing can be recorded; health keys are kept fresh from memory')
      else log.info({ blind }, 'recording again')
    },
    [Symbol.dispose]: summary[Symbol.dispose],
  }
}

function placeOf(traceparent: string | null): Readonly<{ traceId?: string; spanId?: string }> {
  const place = parseTraceparent(traceparent ?? undefined)
  return place === undefined ? {} : { traceId: place.traceId, spanId: place.spanId }
}
