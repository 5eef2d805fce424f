import t, { type Test } from 'tap'
import { startRedisCluster } from '@oms/devstack/topologies'
import type { CachedHealth, HealthCacheEntry, Micros, OperatorId } from '@oms/domain'
import { healthCacheContract } from '@oms/domain/contracts'
import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { untilHolds } from '../../test/support/until.ts'
import { createHealthCache, openRedis } from './index.ts'

const cluster = await startRedisCluster()
t.teardown(() => cluster[Symbol.asyncDispose]())
const raws = cluster.nodes.map(({ port }) => {
  const raw = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50 })
  raw.on('error', () => {})
  return raw
})
t.teardown(() => {
  for (const raw of raws) raw.disconnect()
})

const NOW = Date.now() * 1_000
const newId = () => randomUUID() as string as OperatorId
const keyOf = (id: OperatorId) => `ops:health:${id}`
const healthAt = (receivedAt: number): CachedHealth => ({
  status: 'HEALTHY',
  errorRate: 0,
  bindState: 'BOUND',
  since: '2026-11-20T10:00:00.000Z',
  at: '2026-11-20T10:00:00.000Z',
  receivedAt: receivedAt as Micros,
  streamSequence: 1,
})
const entry = (operatorId: OperatorId, at = NOW): HealthCacheEntry => ({
  operatorId,
  value: healthAt(at),
  ttlSeconds: 60,
})

const SHARE = Math.ceil(16_384 / 3)
const slotOf = async (id: OperatorId) => Number(await nodeAt(0).call('CLUSTER', 'KEYSLOT', keyOf(id)))
/** Before any slot is moved. */
const nodeOf = async (id: OperatorId) => Math.floor((await slotOf(id)) / SHARE)
const idsOfNode = async (node: number, count: number) => {
  const ids: OperatorId[] = []
  while (ids.length < count) {
    const id = newId()
    if ((await nodeOf(id)) === node) ids.push(id)
  }
  return ids
}

const nodeAt = (index: number): Redis => {
  const raw = raws[index]
  if (raw === undefined) throw new Error(`the cluster has no node ${index}`)
  return raw
}

async function open(t: Test) {
  const connection = openRedis({ url: cluster.url })
  t.teardown(() => connection[Symbol.asyncDispose]())
  const cache = createHealthCache(connection)
  await untilHolds('the cluster answers', () =>
    connection.ping().then(
      () => true,
      () => false,
    ),
  )
  return { connection, cache }
}

healthCacheContract(t, async (t) => {
  const { cache } = await open(t)
  return { cache, ttlSeconds: async (id) => nodeAt(await nodeOf(id)).ttl(keyOf(id)) }
})

t.test('a batch over all nodes is one round trip per node', async (t) => {
  const { cache } = await open(t)
  const ids = (await Promise.all([0, 1, 2].map((node) => idsOfNode(node, 20)))).flat()
  const put = (at: number) => cache.put(ids.map((id) => entry(id, at)))
  await put(NOW) // the script is known on each connection now
  const reads = () =>
    Promise.all(raws.map(async (raw) => Number(/total_reads_processed:(\d+)/.exec(await raw.info('stats'))?.[1])))
  const before = await reads()
  await put(NOW + 1)
  const after = await reads()
  // The question itself is one more.
  t.same(
    after.map((count, node) => count - (before[node] ?? 0)),
    [2, 2, 2],
  )
  for (const id of ids) t.equal((await cache.get(id))?.receivedAt, NOW + 1)
})

/** Hands slots with their keys to another node, as a person does who reshards. */
async function moveSlots(ids: readonly OperatorId[], from: number, to: number): Promise<void> {
  const [source, target] = [nodeAt(from), nodeAt(to)]
  const [sourceId, targetId] = [await source.cluster('MYID'), await target.cluster('MYID')]
  for (const id of ids) {
    const slot = await slotOf(id)
    await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId)
    await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId)
    await source.call('MIGRATE', '127.0.0.1', target.options.port ?? 0, keyOf(id), 0, 1_000)
  }
}
async function finishMove(ids: readonly OperatorId[], from: number, to: number): Promise<void> {
  const targetId = await nodeAt(to).cluster('MYID')
  for (const id of ids) {
    for (const node of [to, from]) await nodeAt(node).call('CLUSTER', 'SETSLOT', await slotOf(id), 'NODE', targetId)
  }
}

t.test('keys whose slots are on the move, or have moved, are written and read without a failure', async (t) => {
  const { cache } = await open(t)
  const moving = await idsOfNode(0, 4)
  const staying = await idsOfNode(0, 4)
  const all = [...moving, ...staying]
  let at = NOW
  const putAll = async (what: string) => {
    at += 1
    await t.resolves(cache.put(all.map((id) => entry(id, at))), what)
    for (const id of all) t.equal((await cache.get(id))?.receivedAt, at, what)
  }
  await putAll('before')
  await moveSlots(moving, 0, 1)
  await putAll('on the move (ASK)')
  await finishMove(moving, 0, 1)
  await putAll('moved (MOVED)')
  await putAll('once it is known')
  t.equal(await nodeAt(1).exists(keyOf(moving[0] ?? newId())), 1)
  await cache.remove(moving[0] ?? newId())
  t.equal(await cache.get(moving[0] ?? newId()), undefined)
})

t.test('a dead node takes its own keys only, fails them in time, and tells when it is back', async (t) => {
  const { connection, cache } = await open(t)
  const [lost, kept] = [await idsOfNode(2, 5), await idsOfNode(1, 5)]
  const entries = [...lost, ...kept].map((id) => entry(id))
  let returns = 0
  connection.onReady(() => {
    returns += 1
    cache.put(entries).catch(() => {})
  })
  await cache.put(entries)
  const [, , node] = cluster.nodes
  const connected = returns

  await node?.kill()
  for (const round of [1, 2]) {
    const since = performance.now()
    await t.rejects(cache.put(entries.map((one) => ({ ...one, value: healthAt(NOW + round) }))), {
      code: 'DEPENDENCY_UNAVAILABLE',
    })
    t.ok(performance.now() - since < 10_000, 'an answer in finite time')
    await t.rejects(cache.get(lost[0] ?? newId()), { code: 'DEPENDENCY_UNAVAILABLE' })
    for (const id of kept) t.equal((await cache.get(id))?.receivedAt, NOW + round)
  }

  await node?.start()
  await untilHolds('the return is told', () => returns > connected)
  await untilHolds('the lost keys were written again', async () => {
    const values = await Promise.all(lost.map((id) => cache.get(id).catch(() => undefined)))
    return values.every((value) => value?.receivedAt === NOW)
  })
})
