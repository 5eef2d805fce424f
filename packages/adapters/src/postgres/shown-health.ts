import type { HealthState } from '@oms/domain'
import { eq } from 'drizzle-orm'
import type { Db } from './db.ts'
import { isLive, shownHealthState } from './operator-rows.ts'
import { operatorHealth, operators } from './schema.ts'

/** The health of every live operator as reads show it now. Rejects with DEPENDENCY_UNAVAILABLE. */
export type ReadShownHealth = () => Promise<readonly Readonly<{ operatorId: string; state: HealthState }>[]>

export function createShownHealth({ drizzle, run }: Db): ReadShownHealth {
  const shown = drizzle
    .select({ operatorId: operators.operatorId, state: shownHealthState })
    .from(operators)
    .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
    .where(isLive)
    .prepare('shown_health')
  return () => run('select', () => shown.execute())
}
