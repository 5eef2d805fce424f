import { every, type HeldLease, holdLease } from '@oms/adapters/background'
import { type Logger, type Metrics, reportTo } from '@oms/adapters/telemetry'
import { type LeaseName, sweepCredentials } from '@oms/domain'
import type { AdminAdapters } from './compose.ts'

const SWEEP_EVERY_MS = 5_000
const HOUR_MS = 3_600_000

export type HousekeepingOptions = Readonly<{
  adapters: Pick<AdminAdapters, 'cleanup' | 'credentials' | 'idempotency' | 'leases' | 'partitions'>
  holder: string
  log: Logger
  metrics: Metrics
}>

type Chore = Readonly<{ everyMs: number; run: (signal: AbortSignal) => Promise<unknown> }>

/**
 * What one replica does for all: sweeping secrets without an operator and idempotency keys that are too old, making the
 * months of the health log ahead.
 */
export function keepHouse({ adapters, holder, log, metrics }: HousekeepingOptions): AsyncDisposable {
  const { cleanup, credentials, idempotency, leases, partitions } = adapters
  const report = reportTo(log)
  metrics.onScrape(async () => metrics.partitionsAhead.set(await partitions.monthsAhead()))

  const underLease = (name: LeaseName, ...chores: readonly Chore[]): HeldLease => {
    const onError = (error: unknown) => report(`keep house as ${name}`, error)
    return holdLease({ leases, name, holder, onError }, async (signal) => {
      await Promise.all(chores.map(({ everyMs, run }) => every(everyMs, run, { signal, onError })))
    })
  }
  const sweepSecrets = async (signal: AbortSignal) => {
    const destroyed = await sweepCredentials({ cleanup, credentials, report }, signal)
    if (destroyed > 0) log.info({ destroyed }, 'secrets without an operator were destroyed')
  }
  const makePartitions = async () => {
    await partitions.ensure()
    const months = await partitions.monthsAhead()
    if (months < 1) log.error({ months }, 'the health log has no partition for next month')
  }
  const keepers = [
    underLease(
      'sweeper',
      { everyMs: SWEEP_EVERY_MS, run: sweepSecrets },
      { everyMs: HOUR_MS, run: () => idempotency.prune() },
    ),
    underLease('partition-keeper', { everyMs: HOUR_MS, run: makePartitions }),
  ]
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(keepers.map((keeper) => keeper[Symbol.asyncDispose]()))
    },
  }
}
