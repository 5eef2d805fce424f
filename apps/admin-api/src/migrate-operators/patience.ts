import { type ErrorCode, isDomainError } from '@oms/domain'

/** PostgreSQL or Vault is away: no other row would fare better. */
const OUTAGES = ['DEPENDENCY_UNAVAILABLE', 'VAULT_UNAVAILABLE', 'SERVICE_OVERLOADED'] as const satisfies ErrorCode[]
/** Somebody else was at the same operator: what is there now decides. */
const RACES = [
  'DUPLICATE_OPERATOR',
  'DUPLICATE_NAME',
  'VERSION_MISMATCH',
  'OPERATOR_NOT_FOUND',
] as const satisfies ErrorCode[]

export const isOutage = (error: unknown): boolean => isDomainError(error, ...OUTAGES)

export type Patience = Readonly<{
  /** How long an outage is waited out. */
  outageMs: number
  /** How long a create that was cut off may hold its claim before the sweeper has taken it away. */
  raceMs: number
  elapsedMs: () => number
  /** Waits, but not past an abort. */
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>
}>

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

/** Tries `work` anew, which looks at everything afresh, while that may help; then, or once `stop` aborts, rejects as it. */
export async function patiently<T>(
  { outageMs, raceMs, elapsedMs, pause }: Patience,
  stop: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const since = elapsedMs()
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await work()
    } catch (error) {
      const forMs = isOutage(error) ? outageMs : isDomainError(error, ...RACES) ? raceMs : 0
      if (stop.aborted || elapsedMs() - since + pauseMs > forMs) throw error
      await pause(pauseMs, stop)
    }
  }
}
