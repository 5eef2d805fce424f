import { CommitOutcomeUnknown } from '@oms/domain'
import type postgres from 'postgres'
import type { Connections, Generation } from './connections.ts'
import { deadlineExceeded, isConnectionLoss, isRefusedCommit, isUnanswered } from './database-error.ts'
import { send, statement, type Unsafe } from './statement.ts'

/** What drizzle needs of a transaction of postgres.js. */
export type Transaction = Readonly<{ unsafe: Unsafe }>

/** What runs in a slot: the caller's answer, and when the connection is free again, which may be later. */
export type Started<T> = Readonly<{ answer: Promise<T>; settled: Promise<unknown> }>

/** As BEGIN names it; the server's default when absent. */
export type Isolation = 'isolation level serializable'

/** The connection it runs on, and what is left of the caller's patience, in milliseconds. */
export type Slot = Readonly<{
  connections: Connections
  generation: Generation
  left: number
  isolation: Isolation | undefined
}>

type Outcome<T> = Readonly<{ value: T } | { error: unknown }>

/**
 * `begin` of postgres.js without its traps. It goes on using the connection object of a lost transaction: a later
 * statement, or its own ROLLBACK or COMMIT, would crash the process or run in another caller's transaction. So nothing is
 * sent after a loss, and the driver's scope stays pending for good; `begin` itself has rejected by then.
 * Whether a COMMIT without an answer stands is nobody's guess: CommitOutcomeUnknown. Never settles while `work` runs.
 */
export function transaction<T>(
  { connections: { deadlineMs, within }, generation, left, isolation }: Slot,
  work: (tx: Transaction) => Promise<T>,
): Started<T> {
  const opened = Promise.withResolvers<void>()
  const worked = Promise.withResolvers<Outcome<T>>()
  let phase: 'open' | 'over' | 'lost' = 'open'
  let failure: unknown

  const lose = (error: unknown): void => {
    phase = 'lost'
    failure ??= error
  }
  const isLost = (): boolean => phase === 'lost'

  const guarded = (tx: postgres.TransactionSql): Transaction => ({
    unsafe: (...query) =>
      statement(async (asValues) => {
        if (phase === 'lost') throw failure
        if (phase === 'over') throw new Error('the transaction is over')
        try {
          return await within(generation, send(tx, asValues, ...query), {
            milliseconds: deadlineMs,
            what: 'a statement',
          })
        } catch (error) {
          failure ??= error
          if (isConnectionLoss(error)) lose(error)
          throw error
        }
      }),
  })

  const ended = generation.sql.begin(isolation ?? '', async (tx): Promise<T> => {
    if (phase !== 'open') throw deadlineExceeded('BEGIN')
    opened.resolve()
    let outcome = await settle(work(guarded(tx)))
    // Whoever swallowed the failure of a statement has no transaction to commit.
    if (failure !== undefined && !('error' in outcome)) outcome = { error: failure }
    worked.resolve(outcome)
    if (isLost()) return new Promise<never>(() => {})
    phase = 'over'
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }) as Promise<T>
  ended.catch((error: unknown) => {
    if (phase === 'open') lose(error)
    opened.reject(error)
  })

  const answer = async (): Promise<T> => {
    try {
      await within(generation, opened.promise, { milliseconds: left, what: 'BEGIN' })
    } catch (error) {
      if (phase === 'open') phase = 'over'
      throw error
    }
    const outcome = await worked.promise
    if ('error' in outcome) {
      // Awaited so that the locks are free when the caller goes on.
      if (!isLost() && !isUnanswered(outcome.error))
        await settle(within(generation, ended, { milliseconds: deadlineMs, what: 'ROLLBACK' }))
      throw outcome.error
    }
    try {
      return await within(generation, ended, { milliseconds: deadlineMs, what: 'COMMIT' })
    } catch (error) {
      throw isRefusedCommit(error) ? error : new CommitOutcomeUnknown(error)
    }
  }
  return { answer: answer(), settled: ended }
}

const settle = <T>(work: Promise<T>): Promise<Outcome<T>> =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
