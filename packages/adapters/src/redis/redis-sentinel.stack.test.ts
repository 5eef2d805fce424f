import t, { type Test } from 'tap'
import { type RedisSentinel, startRedisSentinel } from '@oms/devstack/topologies'
import type { CachedHealth, Micros, OperatorId } from '@oms/domain'
import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilHolds } from '../../test/support/until.ts'
import { createHealthCache, openRedis } from './index.ts'

const OPERATOR = randomUUID() as string as OperatorId

const healthAt = (receivedAt: number): CachedHealth => ({
  status: 'HEALTHY',
  errorRate: 0,
  bindState: 'BOUND',
  since: '2026-11-20T10:00:00.000Z',
  at: '2026-11-20T10:00:00.000Z',
  receivedAt: receivedAt as Micros,
  streamSequence: 1,
})

async function open(t: Test) {
  const stack = await startRedisSentinel()
  t.teardown(() => stack[Symbol.asyncDispose]())
  const connection = openRedis({ url: stack.url })
  t.teardown(() => connection[Symbol.asyncDispose]())
  const cache = createHealthCache(connection)
  const replica = new Redis(stack.replica.url)
  t.teardown(() => replica.disconnect())
  let returns = 0
  connection.onReady(() => {
    returns += 1
  })

  let at = Date.now() * 1_000
  const refusals = new Set<unknown>()
  /** As a report that comes in: one write, which may fail. */
  const write = async (): Promise<boolean> => {
    at += 1
    try {
      await cache.put([{ operatorId: OPERATOR, value: healthAt(at), ttlSeconds: 60 }])
      return true
    } catch (error) {
      refusals.add((error as { code?: unknown }).code)
      await sleep(20)
      return false
    }
  }
  const arrives = async (): Promise<boolean> =>
    (await write()) && (await replica.get(`ops:health:${OPERATOR}`))?.includes(`${at}`) === true
  const isMaster = async (): Promise<boolean> => (await replica.info('replication')).includes('role:master')
  await untilHolds('the first key is written', write)
  return { stack, cache, arrives, isMaster, refusals, returns: () => returns, last: () => at }
}

const ENDS: Readonly<Record<string, (stack: RedisSentinel) => Promise<unknown>>> = {
  'is killed': ({ master }) => master.kill(),
  'freezes without a word': ({ master }) => master.pause(),
  'is replaced by a person and lives on': ({ askSentinel }) =>
    untilHolds('the sentinel finds the replica good', () =>
      askSentinel('FAILOVER').then(
        () => true,
        () => false,
      ),
    ),
}

for (const [how, end] of Object.entries(ENDS)) {
  t.test(`when the master ${how}, keys go on to its successor within seconds and without a restart`, async (t) => {
    const { stack, cache, arrives, isMaster, refusals, returns, last } = await open(t)
    const since = performance.now()
    await end(stack)
    await untilHolds('the replica is the master, and is written to', async () => (await isMaster()) && arrives())
    t.comment(`${Math.round(performance.now() - since)} ms`)
    t.equal((await cache.get(OPERATOR))?.receivedAt, last())
    t.ok(returns() > 1, 'told that Redis is back, for what was lost')
    t.ok([...refusals].every((code) => code === 'DEPENDENCY_UNAVAILABLE'))
  })
}
