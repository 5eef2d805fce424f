/** What the host of this client wants to be told; nothing here may throw, and nothing is told twice. No secret is in it. */
export type ClientObserver = Readonly<{
  /** Something is away or back, or was refused: for the host's log. `error` has no secret in it. */
  onProblem?: (problem: Problem) => void
}>

/** `source` is what it came from; `message` says what goes on in the meantime. */
export type Problem = Readonly<{
  source: 'internal-api' | 'nats' | 'redis' | 'certificates' | 'listener'
  message: string
  error?: unknown
}>
