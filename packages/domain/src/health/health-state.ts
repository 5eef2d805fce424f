export const HEALTH_STATES = ['HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN'] as const

/** What was seen of an operator's bind; never what an admin wants of it. */
export type HealthState = (typeof HEALTH_STATES)[number]

export const BIND_STATES = ['BOUND', 'UNBOUND'] as const
export type BindState = (typeof BIND_STATES)[number]

/** Reports older than this make every read say UNKNOWN and stale. Seconds; also the life of a Redis key. */
export const HEALTH_FRESH_SECONDS = 60
