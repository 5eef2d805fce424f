import type { HealthRepository, OperatorId } from '@oms/domain'
import { and, eq, sql } from 'drizzle-orm'
import { anyOfLiteral, arrayLiteral } from './any-of.ts'
import type { Db } from './db.ts'
import { isLive } from './operator-rows.ts'
import { operatorHealth, operators } from './schema.ts'

const { lastReceivedAt } = operatorHealth
const limit = sql`now() - make_interval(secs => ${sql.placeholder('seconds')}::double precision)`
const ofOperator = eq(operatorHealth.operatorId, operators.operatorId)

/** Who reports and who does not, on PostgreSQL's clock. */
export function createSilenceReads({ drizzle, run }: Db): Pick<HealthRepository, 'silent' | 'reporting'> {
  const silent = drizzle
    .select({
      operatorId: sql<OperatorId>`${operators.operatorId}`,
      lastState: operatorHealth.state,
      ageSeconds: sql<number>`extract(epoch from now() - ${lastReceivedAt})::double precision`,
    })
    .from(operatorHealth)
    .innerJoin(operators, ofOperator)
    .where(and(sql`${lastReceivedAt} < ${limit}`, isLive, eq(operators.status, 'ACTIVE')))
    .prepare('silent_operators')
  const reporting = drizzle
    .select({ operatorId: sql<OperatorId>`${operators.operatorId}` })
    .from(operatorHealth)
    .innerJoin(operators, ofOperator)
    .where(
      and(
        anyOfLiteral(operators.operatorId, sql.placeholder('operatorIds'), 'text'),
        sql`${lastReceivedAt} >= ${limit}`,
        isLive,
      ),
    )
    .prepare('reporting_operators')
  return {
    silent: (seconds) => run('select', () => silent.execute({ seconds })),
    reporting: (operatorIds, seconds) =>
      run('select', async () => {
        const rows = await reporting.execute({ seconds, operatorIds: arrayLiteral(operatorIds) })
        return rows.map(({ operatorId }) => operatorId)
      }),
  }
}
