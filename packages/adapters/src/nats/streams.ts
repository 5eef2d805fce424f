const HOUR = 3_600
const DAY = 24 * HOUR
const TEN_MINUTES = 600

/** A stream of limits retention. A publish with a known `Nats-Msg-Id` inside the duplicate window is stored once. */
export type StreamSpec = Readonly<{
  name: string
  subjects: readonly string[]
  maxAgeSeconds: number
  duplicateWindowSeconds: number
}>

export const HEALTH_INBOUND = { stream: 'OPERATOR_HEALTH_INBOUND', subject: 'operator.health.inbound.v1' } as const
export const HEALTH_DEAD_LETTERS = 'ops.deadletter.health'

/** What the relay publishes into. */
export const RELAY_STREAMS: readonly StreamSpec[] = [
  {
    name: 'OPERATOR_CONFIG',
    subjects: ['operator.config.>'],
    maxAgeSeconds: 7 * DAY,
    duplicateWindowSeconds: TEN_MINUTES,
  },
  {
    name: 'OPERATOR_HEALTH',
    subjects: ['operator.health.v1'],
    maxAgeSeconds: DAY,
    duplicateWindowSeconds: TEN_MINUTES,
  },
  {
    name: 'OPS_AUDIT',
    subjects: ['audit.admin.v1'],
    maxAgeSeconds: 30 * DAY,
    duplicateWindowSeconds: TEN_MINUTES,
  },
]

/** What the health-ingestor reads from and throws its dead letters into. */
export const INGESTOR_STREAMS: readonly StreamSpec[] = [
  {
    name: HEALTH_INBOUND.stream,
    subjects: [HEALTH_INBOUND.subject],
    maxAgeSeconds: HOUR,
    duplicateWindowSeconds: 120,
  },
  { name: 'OPS_DEADLETTER', subjects: ['ops.deadletter.>'], maxAgeSeconds: 30 * DAY, duplicateWindowSeconds: HOUR },
]
