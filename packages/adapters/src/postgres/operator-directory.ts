import { type DirectoryEntry, DomainError, type OperatorDirectory } from '@oms/domain'
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { batchesOf } from './batches.ts'
import type { Db, Tx } from './db.ts'
import { inPages, rulesOf, rulesOfPage } from './directory-rules.ts'
import { isLive, toView, type ViewRow, viewColumns } from './operator-rows.ts'
import { operatorHealth, operators } from './schema.ts'
import { createSlots } from './slots.ts'

/** Operators read at once by a snapshot. */
const BATCH = 1_000

export function createOperatorDirectory({ drizzle, pool, run }: Db): OperatorDirectory {
  // A reader may be slow, and keeps a connection and its snapshot as long: the other half stays for everyone else.
  const snapshots = createSlots(Math.max(1, Math.floor(pool / 2)))
  const viewOf = drizzle
    .select(viewColumns)
    .from(operators)
    .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
    .where(and(eq(operators.operatorId, sql.placeholder('operatorId')), isLive))
    .prepare('directory_operator')
  return {
    find: (operatorId) =>
      run('select', async () => {
        // The version first: a change in between makes it too old, which its event mends, never too new.
        const [view] = await viewOf.execute({ operatorId })
        return view && { ...toView(view), rules: await rulesOf(drizzle, operatorId) }
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
              const pages = pagesOf(tx)
              let coming = pages.next()
              for (let page = await coming; page.done !== true; page = await coming) {
                // PostgreSQL reads the next page while the reader has this one.
                coming = pages.next()
                coming.catch(() => {})
                await emit(page.value)
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

async function* pagesOf(tx: Tx): AsyncGenerator<readonly DirectoryEntry[], void> {
  let coming = readBatch(tx, '')
  for (let batch = await coming; batch.length > 0; batch = await coming) {
    // On its way before its turn, so that between two pages PostgreSQL is asked for one thing only.
    coming = readBatch(tx, batch.at(-1)?.operator.operatorId ?? '')
    coming.catch(() => {})
    for (const page of inPages(batch)) yield await entriesOf(tx, page)
  }
}

const readBatch = (tx: Tx, after: string): Promise<readonly ViewRow[]> =>
  tx
    .select(viewColumns)
    .from(operators)
    .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
    .where(and(gt(operators.operatorId, after), isLive))
    .orderBy(asc(operators.operatorId))
    .limit(BATCH)

async function entriesOf(tx: Tx, page: readonly ViewRow[]): Promise<readonly DirectoryEntry[]> {
  const rules = await rulesOfPage(tx, page)
  return page.map((row) => {
    const view = toView(row)
    return { ...view, rules: rules.get(view.operator.operatorId) ?? [] }
  })
}
