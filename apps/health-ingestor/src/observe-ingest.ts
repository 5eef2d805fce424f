import type { Logger, Metrics } from '@oms/adapters/telemetry'
import type { FoldedReports } from '@oms/domain'
import type { InboundMessage } from './compose.ts'

/** What the ingest of health shows: counts, ages, and a line for each transition. */
export function observeIngest({ log, metrics }: Readonly<{ log: Logger; metrics: Metrics }>) {
  // A replica that was started after the reports had stopped must not say that one has just come.
  let newestReceivedAt = Date.now() * 1_000
  metrics.onScrape(() => metrics.ingestAge.set(Math.max(0, Date.now() - newestReceivedAt / 1_000) / 1_000))
  return {
    onRecorded(folded: FoldedReports): void {
      metrics.healthRejected.inc({ reason: 'outdated' }, folded.redelivered)
      metrics.healthRejected.inc({ reason: 'replayed' }, folded.replayed)
      metrics.healthRejected.inc({ reason: 'unknown_operator' }, folded.unknown.length)
      metrics.healthCollapsed.inc(folded.collapsed)
      for (const { lastReceivedAt } of folded.states) {
        if (lastReceivedAt === null) continue
        newestReceivedAt = Math.max(newestReceivedAt, lastReceivedAt)
        metrics.ingestLatency.observe(Math.max(0, Date.now() - lastReceivedAt / 1_000) / 1_000)
      }
      for (const { operatorId, previousState, newState, errorRate } of folded.transitions) {
        metrics.healthTransition.inc({ from: previousState, to: newState })
        log.info({ action: 'health', operatorId, previousState, newState, errorRate }, 'health transition')
      }
    },
    onUndecodable({ subject, streamSequence }: InboundMessage, reason: string): void {
      metrics.healthRejected.inc({ reason: 'undecodable' })
      log.warn({ subject, streamSequence, reason }, 'a health report cannot be decoded')
    },
    onDeadLetter: (reason: 'UNDECODABLE' | 'UNKNOWN_OPERATOR'): void =>
      metrics.deadLetters.inc({ reason: reason === 'UNDECODABLE' ? 'undecodable' : 'unknown_operator' }),
    onBlind(blind: boolean): void {
      metrics.ingestBlind.set(blind ? 1 : 0)
      log.warn({ blind }, blind ? 'nothing can be recorded; health keys are kept fresh from memory' : 'recording again')
    },
  }
}
