import { CommitOutcomeUnknown, isDomainError } from '@oms/domain'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { toPortError, unavailable } from './database-error.ts'
import type { ReadValues } from './view-values.ts'

/** A transaction as drizzle hands it out. */
export type Tx = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0]

/** The kind of statement that an error is counted under. */
export type Operation = 'select' | 'insert' | 'update' | 'delete' | 'maintain'

/** What the adapters share: drizzle on the guarded pool, and the one place where errors are translated. */
export type Db = Readonly<{
  drizzle: PostgresJsDatabase
  /** The same; its transactions are serializable. */
  serializable: PostgresJsDatabase
  readValues: ReadValues
  /** Connections at most. */
  pool: number
  /** Rejects as ports do: with a DomainError or an error that may be logged. */
  run<T>(operation: Operation, work: () => Promise<T>): Promise<T>
  /** The same for ports that tell an unknown COMMIT from a failure: `run` says DEPENDENCY_UNAVAILABLE for both. */
  runToCommit<T>(operation: Operation, work: () => Promise<T>): Promise<T>
}>

export function createDb(
  { drizzle, serializable, readValues, pool }: Pick<Db, 'drizzle' | 'serializable' | 'readValues' | 'pool'>,
  onError: (operation: string) => void,
): Db {
  const runToCommit = async <T>(operation: Operation, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      const translated = toPortError(error)
      const isConflict = isDomainError(translated, 'DUPLICATE_OPERATOR', 'DUPLICATE_NAME', 'PREFIX_CONFLICT')
      // An error that already is a port's was counted where it happened.
      if (translated !== error && !isConflict) onError(operation)
      throw translated
    }
  }
  return {
    drizzle,
    serializable,
    readValues,
    pool,
    run: (operation, work) =>
      runToCommit(operation, work).catch((error: unknown) => {
        throw error instanceof CommitOutcomeUnknown ? unavailable(error.cause) : error
      }),
    runToCommit,
  }
}
