import { every, type HeldLease, holdLease } from '@oms/adapters/background'
import { type Logger, type Metrics, reportTo } from '@oms/adapters/telemetry'
import { type LeaseName, type OperatorId, sweepCredentials } from '@oms/domain'
import type { AdminAdapters } from './compose.ts'

const SWEEP_EVERY_MS = 5_000
const HOUR_MS = 3_600_000
/** Of those whose secrets one sweep destroyed, in its line. */
const IDS_AT_MOST = 20

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
    const since = performance.now()
    const operatorIds: OperatorId[] = []
    const destroy = async (operatorId: OperatorId) => {
      await credentials.destroy(operatorId)
      operatorIds.push(operatorId)
    }
    try {
      await sweepCredentials({ cleanup, credentials: { destroy }, report }, signal)
    } finally {
      // Also of a sweep that Vault ended half way.
      if (operatorIds.length > 0) tellOfSweep(log, operatorIds, performance.now() - since)
    }
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

function tellOfSweep(log: Logger, destroyed: readonly OperatorId[], elapsedMs: number): void {
  const operatorIds = destroyed.slice(0, IDS_AT_MOST)
  const durationMs = Math.round(elapsedMs * 10) / 10
  const facts = { destroyed: destroyed.length, operatorIds, result: 'ok', durationMs }
  log.info({ action: 'sweepCredentials', ...facts }, 'secrets without an operator were destroyed')
}
