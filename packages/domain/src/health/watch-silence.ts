import type { OperatorId } from '../operator/operator-id.ts'
import type { HealthRepository, SilentOperator } from './health-repository.ts'
import { HEALTH_FRESH_SECONDS } from './health-state.ts'

export type Silence = Readonly<{
  /** All that are silent now. */
  silent: readonly SilentOperator[]
  /** Those of them that were not at the last look. */
  fell: readonly SilentOperator[]
  /** Those that were silent at the last look and report again; one that was deleted or made inactive does not. */
  returned: readonly OperatorId[]
}>

/** Longer than nobody may have looked when another replica takes over. */
const TAKEOVER_SECONDS = 20

/**
 * Looks for operators that fell silent: for routing they are UNKNOWN by then, for their key is gone, and no transition
 * says so. The first look takes long silences for told, by whoever looked before, and those that began a moment ago for
 * new, so that none is missed. Each look rejects with DEPENDENCY_UNAVAILABLE and forgets nothing.
 */
export function watchSilence(health: Pick<HealthRepository, 'silent' | 'reporting'>): () => Promise<Silence> {
  let known: ReadonlySet<OperatorId> | undefined

  const isNew = ({ operatorId, ageSeconds }: SilentOperator): boolean =>
    known === undefined ? ageSeconds <= HEALTH_FRESH_SECONDS + TAKEOVER_SECONDS : !known.has(operatorId)

  return async () => {
    const silent = await health.silent(HEALTH_FRESH_SECONDS)
    const now = new Set(silent.map(({ operatorId }) => operatorId))
    const gone = [...(known ?? [])].filter((operatorId) => !now.has(operatorId))
    const returned = gone.length === 0 ? [] : await health.reporting(gone, HEALTH_FRESH_SECONDS)
    const fell = silent.filter(isNew)
    known = now
    return { silent, fell, returned }
  }
}
