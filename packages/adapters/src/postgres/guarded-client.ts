import type postgres from 'postgres'
import type { Connections, Generation } from './connections.ts'
import { deadlineExceeded } from './database-error.ts'
import { send, type Statement, statement, type Unsafe } from './statement.ts'
import { type Isolation, type Started, type Transaction, transaction } from './transaction.ts'

/**
 * The postgres.js client that drizzle is given: every statement and every transaction gets a connection and an answer in
 * time, or is refused. Its transactions are `isolation`, which travels with BEGIN; drizzle would send it by itself.
 */
export function createGuardedClient(connections: Connections, isolation?: Isolation): postgres.Sql {
  const unsafe: Unsafe = (...query): Statement =>
    statement((asValues) =>
      inSlot(connections, (generation, left) => {
        const sent = send(generation.sql, asValues, ...query)
        return {
          answer: connections.within(generation, sent, { milliseconds: left, what: 'a statement' }),
          settled: sent,
        }
      }),
    )
  const client = {
    options: connections.current().sql.options,
    unsafe,
    begin: <T>(work: (tx: Transaction) => Promise<T>) =>
      inSlot(connections, (generation, left) => transaction({ connections, generation, left, isolation }, work)),
  }
  // drizzle uses no more of it than this.
  return client as unknown as postgres.Sql
}

/** `left` is what the wait for a slot left of the deadline. A caller who gave up still occupies its connection. */
async function inSlot<T>(
  connections: Connections,
  start: (generation: Generation, left: number) => Started<T>,
): Promise<T> {
  const began = performance.now()
  const generation = connections.current()
  const release = await generation.slots.take(connections.deadlineMs)
  if (release === undefined) throw deadlineExceeded('no connection was free')
  const { answer, settled } = start(generation, connections.deadlineMs - (performance.now() - began))
  settled.then(release, release)
  return answer
}
