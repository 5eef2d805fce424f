import {
  CommitOutcomeUnknown,
  DomainError,
  type Holder,
  type IdempotencyClaim,
  type OperatorChange,
  type OperatorId,
  type OperatorRepository,
} from '@oms/domain'
import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/pg-core'
import { createChangeQueue } from './change-queue.ts'
import type { Db } from './db.ts'
import { claimKey } from './idempotency-keys.ts'
import { operatorChange } from './operator-change.ts'
import { abandon, complete, insertProvisional } from './operator-create.ts'
import { listOperators } from './operator-list.ts'
import { isLive, isReady, toOperator, viewColumns } from './operator-rows.ts'
import { operatorHealth, operators, outbox } from './schema.ts'
import { retryWhileAway } from './retry.ts'
import { viewOfValues } from './view-values.ts'

/** What made the outcome unknown, a restart most likely, also keeps it from being read for a while. */
const READ_BACK_FOR_MS = 5_000

export function createOperatorRepository(db: Db): OperatorRepository {
  const { drizzle } = db
  const findOne = drizzle
    .select(viewColumns)
    .from(operators)
    .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
    .where(and(eq(operators.operatorId, sql.placeholder('operatorId')), isLive))
    .prepare('find_operator')
    .getQuery()
  const existedOne = drizzle
    .select({ operatorId: operators.operatorId })
    .from(operators)
    .where(and(eq(operators.operatorId, sql.placeholder('operatorId')), isReady))
    .prepare('operator_existed')
  const holdersOf = prepareHolders(db)
  const inTurn = createChangeQueue(db.pool)

  return {
    find: (operatorId) =>
      db.run('select', async () => {
        const [values] = await db.readValues(findOne, { operatorId })
        return values && viewOfValues(values)
      }),

    existed: (operatorId) => db.run('select', async () => (await existedOne.execute({ operatorId })).length > 0),

    list: (query) => db.run('select', () => listOperators(db, query)),

    holders: ({ host, port, systemId, name }, except) =>
      db.run('select', async () => {
        const rows = await holdersOf.execute({ host, port, systemId, name, except: except ?? '' })
        return rows.map(toHolder)
      }),

    insertProvisional: (operator, cleanupAfterSeconds, claim) =>
      db.runToCommit('insert', () => insertProvisional(db, { operator, cleanupAfterSeconds, claim })),

    complete: (operator, change, kept) => db.runToCommit('update', () => complete(db, operator, { change, kept })),

    abandon: (operatorId) => db.run('delete', () => abandon(db, operatorId)),

    change: (operatorId, options, work) =>
      inTurn(operatorId, options, () => changeOperator(db, { operatorId, claim: options.claim }, work)),

    wasCommitted: (operatorId, eventId) =>
      db.run('select', () => retryWhileAway(READ_BACK_FOR_MS, () => wasCommitted(db, operatorId, eventId))),
  }
}

async function changeOperator<T>(
  db: Db,
  { operatorId, claim }: Readonly<{ operatorId: OperatorId; claim: IdempotencyClaim | undefined }>,
  work: (change: OperatorChange) => Promise<T>,
): Promise<T> {
  let done: { result: T } | undefined
  let failed: { by: unknown } | undefined
  let wrote = () => false
  const begun = db.runToCommit('update', () =>
    db.drizzle.transaction(async (tx) => {
      if (claim !== undefined) await claimKey(tx, claim, null)
      const [row] = await tx
        .select({
          operator: operators,
          // Later than the change before it, whatever the clock does: history is read in the order of times.
          at: sql`greatest(date_trunc('milliseconds', clock_timestamp()), ${operators.updatedAt} + interval '1 millisecond')`.mapWith(
            operators.updatedAt,
          ),
        })
        .from(operators)
        .where(and(eq(operators.operatorId, operatorId), isLive))
        .for('no key update')
        .prepare('lock_operator')
        .execute()
      if (row === undefined) throw new DomainError('OPERATOR_NOT_FOUND', 'there is no such operator')
      const operation = operatorChange(db, tx, { operator: toOperator(row.operator), at: row.at, claim })
      wrote = operation.wrote
      try {
        done = { result: await work(operation.change) }
        return done.result
      } catch (error) {
        failed = { by: error }
        throw error
      }
    }),
  )
  try {
    return await begun
  } catch (error) {
    // What the work rejects with is its own; only what PostgreSQL says is ours to translate.
    if (failed !== undefined) throw failed.by
    if (error instanceof CommitOutcomeUnknown && done !== undefined && !wrote()) return done.result
    throw error
  }
}

const wasCommitted = ({ drizzle }: Db, operatorId: OperatorId, eventId: string): Promise<boolean> =>
  drizzle.transaction(async (tx) => {
    await tx
      .select({ operatorId: operators.operatorId })
      .from(operators)
      .where(eq(operators.operatorId, operatorId))
      .for('no key update')
    // A statement of its own: its snapshot is of after the lock.
    const found = await tx.select({ id: outbox.id }).from(outbox).where(eq(outbox.eventId, eventId))
    return found.length === 1
  })

function prepareHolders({ drizzle }: Db) {
  const columns = { operatorId: operators.operatorId, name: operators.name, provisioning: operators.provisioning }
  const others = and(isNull(operators.deletedAt), ne(operators.operatorId, sql.placeholder('except')))
  const ofEndpoint = and(
    eq(operators.host, sql.placeholder('host')),
    eq(operators.port, sql.placeholder('port')),
    eq(operators.systemId, sql.placeholder('systemId')),
  )
  const ofName = sql`ops.fold_case(${operators.name}) = ops.fold_case(${sql.placeholder('name')})`
  return unionAll(
    drizzle
      .select({ ...columns, holds: sql<Holder['holds']>`'endpoint'` })
      .from(operators)
      .where(and(ofEndpoint, others)),
    drizzle
      .select({ ...columns, holds: sql<Holder['holds']>`'name'` })
      .from(operators)
      .where(and(ofName, others)),
  ).prepare('find_holders')
}

type HolderRow = Readonly<{ operatorId: string; name: string; provisioning: string; holds: Holder['holds'] }>

const toHolder = ({ operatorId, name, provisioning, holds }: HolderRow): Holder => ({
  operatorId: operatorId as OperatorId,
  name,
  holds,
  provisional: provisioning === 'PENDING',
})
