import { every, type HeldLease, holdLease } from '@oms/adapters/background'
import { type Logger, type Metrics, reportTo } from '@oms/adapters/telemetry'
import { type LeaseName, sweepCredentials } from '@oms/domain'
import type { AdminAdapters } from './compose.ts'

const SWEEP_EVERY_MS = 5_000
const PARTITIONS_EVERY_MS = 3_600_000

export type HousekeepingOptions = Readonly<{
  adapters: Pick<AdminAdapters, 'cleanup' | 'credentials' | 'leases' | 'partitions'>
  holder: string
  log: Logger
  metrics: Metrics
}>

/** What one replica does for all: sweeping secrets without an operator, making the months of the health log ahead. */
export function keepHouse({ adapters, holder, log, metrics }: HousekeepingOptions): AsyncDisposable {
  const { cleanup, credentials, leases, partitions } = adapters
  const report = reportTo(log)
  metrics.onScrape(async () => metrics.partitionsAhead.set(await partitions.monthsAhead()))

  const underLease = (name: LeaseName, everyMs: number, task: (signal: AbortSignal) => Promise<unknown>): HeldLease => {
    const onError = (error: unknown) => report(`keep house as ${name}`, error)
    return holdLease({ leases, name, holder, onError }, (signal) => every(everyMs, task, { signal, onError }))
  }
  const keepers = [
    underLease('sweeper', SWEEP_EVERY_MS, async (signal) => {
      const destroyed = await sweepCredentials({ cleanup, credentials, report }, signal)
      if (destroyed > 0) log.info({ destroyed }, 'secrets without an operator were destroyed')
    }),
    underLease('partition-keeper', PARTITIONS_EVERY_MS, async () => {
      await partitions.ensure()
      const months = await partitions.monthsAhead()
      if (months < 1) log.error({ months }, 'the health log has no partition for next month')
    }),
  ]
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(keepers.map((keeper) => keeper[Symbol.asyncDispose]()))
    },
  }
}
