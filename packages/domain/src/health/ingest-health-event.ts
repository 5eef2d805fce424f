import { attempt, type ReportFailure } from '../change/after-commit.ts'
import { checkedEvent } from '../outbox/event-schemas.ts'
import type { OutboxEvent } from '../outbox/outbox-event.ts'
import { cacheEntries } from './cached-health.ts'
import { type FoldedReports, foldHealthReports } from './fold-health-reports.ts'
import type { HealthCache } from './health-cache.ts'
import type { OperatorHealthChanged } from './health-events.ts'
import type { HealthReport } from './health-report.ts'
import type { HealthRepository } from './health-repository.ts'
import type { HealthThresholds } from './health-thresholds.ts'
import { isoOfMicros, type Micros } from './micros.ts'

export type IngestHealthEventPorts = Readonly<{
  health: Pick<HealthRepository, 'change'>
  healthCache: Pick<HealthCache, 'put'>
  thresholds: HealthThresholds
  newEventId: () => string
  /** The place in a trace of the event of a transition, from that of the report which decided it. */
  traceparentOf: (reported: string | null) => string | null
  wakeRelay: () => void
  report: ReportFailure
}>

/**
 * Takes a batch of reports into the state of record: one transaction with log and events, then the keys that
 * routing-engine reads. Every accepted report refreshes its key, only a transition is logged and published; one that
 * waited for long, in a backlog or for its redelivery, gives the key what is left of its life. A cache that is away holds
 * nothing up. Rejects with DEPENDENCY_UNAVAILABLE; nothing has changed then. `onCommit` is told before the keys are
 * written: from then on the next batch may be taken in, for a key never goes back to an older report.
 */
export async function ingestHealthEvent(
  ports: IngestHealthEventPorts,
  reports: readonly HealthReport[],
  onCommit: (folded: FoldedReports) => void = () => {},
): Promise<FoldedReports> {
  let folded: FoldedReports | undefined
  let recordedAt: Micros | undefined
  const operatorIds = [...new Set(reports.map(({ operatorId }) => operatorId))]
  await ports.health.change(operatorIds, (known, now) => {
    recordedAt = now
    folded = foldHealthReports(known, reports, ports.thresholds)
    return {
      states: folded.states,
      transitions: folded.transitions.map((transition) => ({ transition, event: healthChanged(ports, transition) })),
    }
  })
  if (folded === undefined) throw new TypeError('a health change resolved without a decision')

  onCommit(folded)
  if (folded.transitions.length > 0) ports.wakeRelay()
  const entries = cacheEntries([...folded.states, ...folded.confirmed], recordedAt)
  if (entries.length > 0) {
    await attempt(ports.report, 'refresh health keys', () => ports.healthCache.put(entries))
  }
  return folded
}

function healthChanged(ports: IngestHealthEventPorts, transition: FoldedReports['transitions'][number]): OutboxEvent {
  const { operatorId } = transition
  const traceparent = ports.traceparentOf(transition.traceparent)
  const payload: OperatorHealthChanged = {
    schemaVersion: '1',
    eventId: ports.newEventId(),
    operatorId,
    previousState: transition.previousState,
    newState: transition.newState,
    errorRate: transition.errorRate,
    bindError: transition.bindError,
    at: isoOfMicros(transition.at),
    transition: transition.transition,
  }
  return checkedEvent({ eventId: payload.eventId, operatorId, subject: 'operator.health.v1', payload, traceparent })
}
