import type { HttpLog } from './ports.ts'

/** `check` resolves when the dependency answers, and gives up when the signal aborts. */
export type DependencyCheck = Readonly<{
  name: string
  check(signal: AbortSignal): Promise<void>
  neededForReady: boolean
  neededForServing: boolean
}>

export type DependencyState = Readonly<{ name: string; up: boolean; latencyMs: number }>

export type HealthChecksSettings = Readonly<{
  checks: readonly DependencyCheck[]
  log: HttpLog
  metrics: { dependencyUp: { set(labels: { dependency: string }, value: number): void } }
  timeoutMs?: number
  cacheMs?: number
}>

/** Checks all dependencies at once; callers within `cacheMs` share one run, so that probes cannot burden them. */
export function createHealthChecks(settings: HealthChecksSettings): () => Promise<readonly DependencyState[]> {
  const { checks, log, metrics, timeoutMs = 1_000, cacheMs = 1_000 } = settings
  const known = new Map<string, boolean>()
  let latest: Promise<readonly DependencyState[]> | undefined
  let freshUntil = 0

  async function runOne({ name, check }: DependencyCheck): Promise<DependencyState> {
    const begun = performance.now()
    const failure = await withTimeout(check, timeoutMs)
    const up = failure === undefined
    metrics.dependencyUp.set({ dependency: name }, up ? 1 : 0)
    if (known.get(name) !== up) {
      if (!up) log.warn({ dependency: name, err: failure }, 'dependency is out of reach')
      else if (known.has(name)) log.info({ dependency: name }, 'dependency is back')
      known.set(name, up)
    }
    return { name, up, latencyMs: Math.round(performance.now() - begun) }
  }

  return () => {
    if (latest === undefined || performance.now() >= freshUntil) {
      freshUntil = Number.POSITIVE_INFINITY
      latest = Promise.all(checks.map(runOne))
      void latest.then((states) => {
        // Who waits for a dependency wants to know soon that it is back.
        freshUntil = performance.now() + (states.every(({ up }) => up) ? cacheMs : cacheMs / 5)
      })
    }
    return latest
  }
}

/** Resolves with the failure, or with undefined; a check that ignores its signal is left behind. */
async function withTimeout(check: DependencyCheck['check'], timeoutMs: number): Promise<unknown> {
  const controller = new AbortController()
  const late = Promise.withResolvers<unknown>()
  const timer = setTimeout(() => {
    const failure = new Error(`no answer within ${timeoutMs} ms`)
    late.resolve(failure)
    controller.abort(failure)
  }, timeoutMs)
  const outcome = (async () => check(controller.signal))().then(
    () => undefined,
    (error: unknown) => error ?? new Error('failed without a reason'),
  )
  try {
    return await Promise.race([outcome, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
