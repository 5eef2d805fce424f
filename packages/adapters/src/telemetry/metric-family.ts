export type App = 'admin-api' | 'internal-api' | 'health-ingestor'

/** `labels`: each label with its known values, which start at 0, so that the first failure already shows in a rate. */
export type Family = Readonly<{
  kind: 'counter' | 'gauge' | 'histogram'
  name: string
  help: string
  apps: readonly App[]
  labels: Readonly<Record<string, readonly string[]>>
  buckets?: readonly number[]
}>

/** Which apps can produce a family. */
export const ADMIN = ['admin-api'] as const
export const INTERNAL = ['internal-api'] as const
export const INGESTOR = ['health-ingestor'] as const
export const HTTP = ['admin-api', 'internal-api'] as const
export const RELAYS = ['admin-api', 'health-ingestor'] as const
export const ALL = ['admin-api', 'internal-api', 'health-ingestor'] as const

/** For what a caller waits on. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5]
