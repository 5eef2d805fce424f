export const SERVICE_NAMES = ['postgres', 'redis', 'nats'] as const

export type ServiceName = (typeof SERVICE_NAMES)[number]

export const isService = (name: string): name is ServiceName => SERVICE_NAMES.some((service) => service === name)

export const TITLES: Readonly<Record<ServiceName, string>> = { postgres: 'PostgreSQL', redis: 'Redis', nats: 'NATS' }

/** The superuser of every stack's PostgreSQL. */
export const POSTGRES_OWNER = 'ops_owner'

/** Told one short line per step, for people who wait. */
export type Progress = (line: string) => void

/**
 * A server that runs until it is told otherwise. Its address never changes. `stop` is a clean end, `kill` is SIGKILL to every
 * process of it; after either, `start` brings it back on the same data (Redis outside a durable stack keeps none, as a cache
 * in production). `pause` freezes every process: connections stay open and nothing answers, until `resume`.
 */
export type ServiceHandle = Readonly<{
  url: string
  port: number
  /** Where NATS tells of itself over HTTP: `/varz`, `/connz`, `/jsz`. The others have none. */
  monitor?: string
  start(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
}>

/** A handle with its end: nothing of the service is left afterwards but the data of a durable stack. */
export type RunningService = ServiceHandle & AsyncDisposable
