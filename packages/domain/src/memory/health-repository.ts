import type { AgedHealth, HealthRepository } from '../health/health-repository.ts'
import { microsOfDate } from '../health/micros.ts'
import { unreported } from '../health/operator-health.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { commitEvent, healthAge, liveOperator, liveOperators, type MemoryStore } from './memory-store.ts'

/** A change has no await in it, so it is a transaction as it stands. */
export function memoryHealthRepository(store: MemoryStore): HealthRepository {
  const stateOf = (operatorId: OperatorId) => store.health.get(operatorId) ?? unreported(operatorId)
  const aged = (operatorId: OperatorId): AgedHealth => {
    const health = stateOf(operatorId)
    return { health, ageSeconds: healthAge(store, health) }
  }
  return {
    change: async (operatorIds, decide) => {
      const live = [...new Set(operatorIds)].filter((id) => liveOperator(store, id) !== undefined).toSorted()
      const now = live.length === 0 ? undefined : microsOfDate(store.now())
      const change = decide(new Map(live.map((id) => [id, stateOf(id)])), now)
      for (const state of change.states) store.health.set(state.operatorId, state)
      for (const { transition, event } of change.transitions) {
        store.healthLog.push(transition)
        commitEvent(store, event)
      }
      return change
    },

    find: async (operatorId) => (liveOperator(store, operatorId) === undefined ? undefined : aged(operatorId)),

    fresh: async (seconds) =>
      liveOperators(store)
        .map(({ operatorId }) => aged(operatorId))
        .filter(({ ageSeconds }) => ageSeconds !== null && ageSeconds <= seconds),

    silent: async (seconds) =>
      liveOperators(store)
        .filter(({ status }) => status === 'ACTIVE')
        .flatMap(({ operatorId }) => {
          const { health, ageSeconds } = aged(operatorId)
          return ageSeconds !== null && ageSeconds > seconds ? { operatorId, lastState: health.state, ageSeconds } : []
        }),

    reporting: async (operatorIds, seconds) =>
      operatorIds.filter((operatorId) => {
        const age = liveOperator(store, operatorId) === undefined ? null : aged(operatorId).ageSeconds
        return age !== null && age <= seconds
      }),
  }
}
