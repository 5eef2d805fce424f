import type { EventPublisher, Leases, Outbox, ReportFailure, WriteLine } from '@oms/domain'
import { type HeldLease, holdLease } from './hold-lease.ts'
import { createRelay } from './relay.ts'

type Gauge = Readonly<{ set(value: number): void }>
type Labelled = Readonly<{ reset(): void; set(labels: { operator_id: string; state: string }, value: number): void }>
type Log = Readonly<Record<'info' | 'warn' | 'error', WriteLine>>

export type RelayUnderLease = AsyncDisposable & Readonly<{ wake(): void }>

export type RelayUnderLeaseOptions = Readonly<{
  outbox: Outbox
  publisher: EventPublisher
  leases: Leases
  /** Of every live operator; read at each scrape while this replica holds the lease. */
  shownHealth: () => Promise<readonly Readonly<{ operatorId: string; state: string }>[]>
  /** Unlike any other replica's. */
  holder: string
  canPublish: () => boolean
  onEventCommitted: (wake: () => void) => AsyncDisposable
  log: Log
  report: ReportFailure
  metrics: Readonly<{
    relayLatency: { observe(seconds: number): void }
    relayLeader: Gauge
    operatorHealth: Labelled
    outboxDepth: Gauge
    outboxOldestAge: Gauge
    outboxParked: Gauge
    onScrape(refresh: () => Promise<void>): void
  }>
}>

/**
 * The relay of this replica: at work while it holds the lease, when it also shows the health of each operator; the backlog
 * is shown whoever holds it, or nobody.
 */
export function relayUnderLease(options: RelayUnderLeaseOptions): RelayUnderLease {
  const { outbox, publisher, leases, shownHealth, holder, canPublish, onEventCommitted, log, report, metrics } = options
  metrics.onScrape(async () => {
    const { depth, oldestAgeSeconds, parked } = await outbox.backlog()
    metrics.outboxDepth.set(depth)
    metrics.outboxOldestAge.set(oldestAgeSeconds)
    metrics.outboxParked.set(parked)
  })
  const relay = createRelay({
    outbox,
    publisher,
    canPublish,
    subscribe: onEventCommitted,
    onPublished: (_, latencySeconds) => metrics.relayLatency.observe(Math.max(0, latencySeconds)),
    onParked: ({ eventId, operatorId, subject }, reason) =>
      log.error({ eventId, operatorId, subject, reason }, 'an event was refused for good and set aside'),
    onError: (error) => report('relay events', error),
  })
  const lease: HeldLease = holdLease(
    {
      leases,
      name: 'relay',
      holder,
      canHold: canPublish,
      onHeld: (held) => {
        metrics.relayLeader.set(held ? 1 : 0)
        log.info({ held }, 'relay lease')
      },
      onError: (error) => report('ask for the relay lease', error),
    },
    relay.run,
  )
  metrics.onScrape(async () => {
    // By one replica, or the series of each operator would be there several times.
    const shown = lease.held() ? await shownHealth() : []
    metrics.operatorHealth.reset()
    for (const { operatorId, state } of shown) metrics.operatorHealth.set({ operator_id: operatorId, state }, 1)
  })
  return { wake: relay.wake, [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose]() }
}
