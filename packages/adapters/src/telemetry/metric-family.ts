export type App = 'admin-api' | 'internal-api' | 'health-ingestor'

/** Every value that a label takes, or what an open one holds. */
export type LabelValues = readonly string[] | string

export type Family = Readonly<{
  kind: 'counter' | 'gauge' | 'histogram'
  name: string
  help: string
  apps: readonly App[]
  /** All combinations of known values start at 0, so that the first failure already shows in a rate. */
  labels: Readonly<Record<string, LabelValues>>
  /** For values that no app has all of, or where 0 would say something. */
  absentUntilUsed?: true
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
