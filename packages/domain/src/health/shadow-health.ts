import type { OperatorId } from '../operator/operator-id.ts'
import { cacheEntries } from './cached-health.ts'
import { foldHealthReports } from './fold-health-reports.ts'
import type { CachedHealth, HealthCache } from './health-cache.ts'
import type { HealthReport } from './health-report.ts'
import type { HealthThresholds } from './health-thresholds.ts'
import { microsOfDate } from './micros.ts'
import { type OperatorHealth, unreported } from './operator-health.ts'

export type ShadowHealthPorts = Readonly<{
  healthCache: Pick<HealthCache, 'get' | 'now' | 'put'>
  thresholds: HealthThresholds
}>

export interface ShadowHealth {
  /** Remembers states that were just recorded, as the ground to reduce from when recording is impossible. */
  learn(states: readonly OperatorHealth[]): void
  /** Drops what was kept of operators that turned out not to be there. */
  forget(operatorIds: readonly OperatorId[]): void
  /** Reduces in memory and refreshes the keys of those that still report, without log and events. Rejects with DEPENDENCY_UNAVAILABLE. */
  absorb(reports: readonly HealthReport[]): Promise<void>
}

/**
 * Keeps routing's view of health alive while the state of record is out of reach. Nothing here is the truth: the same
 * reports stay in the stream and are recorded once PostgreSQL is back.
 */
export function createShadowHealth(ports: ShadowHealthPorts): ShadowHealth {
  const states = new Map<OperatorId, OperatorHealth>()

  /** Another replica may have recorded more than we did: its key tells. */
  async function known(operatorId: OperatorId): Promise<OperatorHealth> {
    const own = states.get(operatorId)
    const cached = await ports.healthCache.get(operatorId)
    if (cached === undefined || cached.receivedAt <= (own?.lastReceivedAt ?? 0)) return own ?? unreported(operatorId)
    return fromCache(operatorId, cached)
  }

  const learn = (recorded: readonly OperatorHealth[]): void => {
    for (const state of recorded) states.set(state.operatorId, state)
  }

  return {
    learn,
    forget(operatorIds) {
      for (const operatorId of operatorIds) states.delete(operatorId)
    },
    async absorb(reports) {
      const operatorIds = [...new Set(reports.map(({ operatorId }) => operatorId))]
      const before = await Promise.all(operatorIds.map(async (id) => [id, await known(id)] as const))
      const folded = foldHealthReports(new Map(before), reports, ports.thresholds)
      learn(folded.states)
      await ports.healthCache.put(cacheEntries(folded.states, await ports.healthCache.now()))
    },
  }
}

const fromCache = (operatorId: OperatorId, cached: CachedHealth): OperatorHealth => ({
  ...unreported(operatorId),
  state: cached.status,
  since: microsOfDate(new Date(cached.since)),
  lastReceivedAt: cached.receivedAt,
  lastStreamSequence: cached.streamSequence,
  errorRate: cached.errorRate,
  bindState: cached.bindState,
})
