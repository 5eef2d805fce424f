import { RELAYS, type Family } from './metric-family.ts'

const RELAY_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30, 300]

/** From a committed change to its event in JetStream. */
export const OUTBOX_METRICS = {
  natsPublish: {
    kind: 'counter',
    name: 'ops_nats_publish_total',
    help: 'Publishes of outbox events by event and result',
    apps: RELAYS,
    labels: { event: ['created', 'updated', 'deleted', 'health', 'audit'], result: ['ok', 'error', 'refused'] },
  },
  outboxDepth: {
    kind: 'gauge',
    name: 'ops_outbox_depth',
    help: 'Events committed and not yet published',
    apps: RELAYS,
    labels: {},
    absentUntilUsed: true,
  },
  outboxOldestAge: {
    kind: 'gauge',
    name: 'ops_outbox_oldest_age_seconds',
    help: 'Age of the oldest event committed and not yet published',
    apps: RELAYS,
    labels: {},
    absentUntilUsed: true,
  },
  outboxParked: {
    kind: 'gauge',
    name: 'ops_outbox_parked',
    help: 'Events that NATS refused for good',
    apps: RELAYS,
    labels: {},
    absentUntilUsed: true,
  },
  relayLatency: {
    kind: 'histogram',
    name: 'ops_relay_latency_seconds',
    help: 'From the commit of an event to its acknowledgement by JetStream',
    apps: RELAYS,
    labels: {},
    buckets: RELAY_SECONDS,
  },
  relayLeader: {
    kind: 'gauge',
    name: 'ops_relay_leader',
    help: '1 while this process holds the lease of the relay',
    apps: RELAYS,
    labels: {},
  },
} as const satisfies Record<string, Family>
