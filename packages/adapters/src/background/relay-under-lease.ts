import type { EventPublisher, Leases, Outbox } from '@oms/domain'
import { type HeldLease, holdLease } from './hold-lease.ts'
import { createRelay } from './relay.ts'

type Gauge = Readonly<{ set(value: number): void }>
type Log = Readonly<Record<'info' | 'warn' | 'error', (facts: object, message: string) => void>>

export type RelayUnderLease = AsyncDisposable & Readonly<{ wake(): void }>

export type RelayUnderLeaseOptions = Readonly<{
  outbox: Outbox
  publisher: EventPublisher
  leases: Leases
  /** Unlike any other replica's. */
  holder: string
  canPublish: () => boolean
  onEventCommitted: (wake: () => void) => AsyncDisposable
  log: Log
  metrics: Readonly<{
    relayLatency: { observe(seconds: number): void }
    relayLeader: Gauge
    outboxDepth: Gauge
    outboxOldestAge: Gauge
    outboxParked: Gauge
    onScrape(refresh: () => Promise<void>): void
  }>
}>

/** The relay of this replica: at work while it holds the lease; the backlog is shown whoever holds it, or nobody. */
export function relayUnderLease(options: RelayUnderLeaseOptions): RelayUnderLease {
  const { outbox, publisher, leases, holder, canPublish, onEventCommitted, log, metrics } = options
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
    onError: (err) => log.warn({ err }, 'the relay could not go on'),
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
      onError: (err) => log.warn({ err }, 'the relay lease could not be asked for'),
    },
    relay.run,
  )
  return { wake: relay.wake, [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose]() }
}
