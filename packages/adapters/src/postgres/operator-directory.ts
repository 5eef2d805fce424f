import {
  type DirectoryEntry,
  DomainError,
  type OperatorDirectory,
  type OperatorId,
  type RoutingRule,
} from '@oms/domain'
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import { batchesOf } from './batches.ts'
import type { Db, Tx } from './db.ts'
import { isLive, toView, viewColumns } from './operator-rows.ts'
import { operatorHealth, operators, routingRules } from './schema.ts'
import { createSlots } from './slots.ts'

/** Operators read at once by a snapshot, with all their rules. */
const BATCH = 200

export function createOperatorDirectory({ drizzle, pool, run }: Db): OperatorDirectory {
  // A reader may be slow, and keeps a connection and its snapshot as long: the other half stays for everyone else.
  const snapshots = createSlots(Math.max(1, Math.floor(pool / 2)))
  const viewOf = drizzle
    .select(viewColumns)
    .from(operators)
    .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
    .where(and(eq(operators.operatorId, sql.placeholder('operatorId')), isLive))
    .prepare('directory_operator')
  const rulesOf = drizzle
    .select()
    .from(routingRules)
    .where(eq(routingRules.operatorId, sql.placeholder('operatorId')))
    .orderBy(asc(routingRules.prefix), asc(routingRules.ruleId))
    .prepare('directory_rules')

  return {
    find: (operatorId) =>
      run('select', async () => {
        const [[view], rules] = await Promise.all([viewOf.execute({ operatorId }), rulesOf.execute({ operatorId })])
        return view && { ...toView(view), rules: rules.map(toRule) }
      }),

    // Versions only grow and operators are never hard-deleted, so no change can leave all of these as they were; a rule's
    // change raises its operator's version.
    configurationTag: () =>
      run('select', async () => {
        const [row] = await drizzle
          .select({
            tag: sql<string>`count(*) || '-' || count(${operators.deletedAt}) || '-' || coalesce(sum(${operators.version}), 0)`,
          })
          .from(operators)
          .where(eq(operators.provisioning, 'READY'))
        return row?.tag ?? ''
      }),

    stream: async function* () {
      const release = snapshots.tryTake()
      if (release === undefined) {
        throw new DomainError('SERVICE_OVERLOADED', 'too many snapshots are being read at once', { retryAfter: 2 })
      }
      using _slot = { [Symbol.dispose]: release }
      const batches = batchesOf<DirectoryEntry>((emit) =>
        run('select', () =>
          drizzle.transaction(
            async (tx) => {
              let after = ''
              for (let batch = await readBatch(tx, after); batch.length > 0; batch = await readBatch(tx, after)) {
                after = batch.at(-1)?.operator.operatorId ?? after
                await emit(batch)
              }
            },
            { isolationLevel: 'repeatable read', accessMode: 'read only' },
          ),
        ),
      )
      for await (const batch of batches) yield* batch
    },
  }
}

async function readBatch(tx: Tx, after: string): Promise<readonly DirectoryEntry[]> {
  const rows = await tx
    .select(viewColumns)
    .from(operators)
    .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
    .where(and(gt(operators.operatorId, after), isLive))
    .orderBy(asc(operators.operatorId))
    .limit(BATCH)
  if (rows.length === 0) return []
  const ids = rows.map(({ operator }) => operator.operatorId)
  const rules = await tx
    .select()
    .from(routingRules)
    .where(inArray(routingRules.operatorId, ids))
    .orderBy(asc(routingRules.prefix), asc(routingRules.ruleId))
  const byOperator = Map.groupBy(rules, ({ operatorId }) => operatorId)
  return rows.map((row) => ({
    ...toView(row),
    rules: (byOperator.get(row.operator.operatorId) ?? []).map(toRule),
  }))
}

const toRule = (row: typeof routingRules.$inferSelect): RoutingRule => ({
  ...row,
  operatorId: row.operatorId as OperatorId,
})
