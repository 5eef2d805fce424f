import { Redis } from 'ioredis'
import { redisCommand } from '../native/redis.ts'
import { LOOPBACK } from '../ports.ts'
import type { ServiceHandle } from '../service.ts'
import { formed, standing } from './ground.ts'

/** Three masters without replicas. While one is away, the others go on with their part of the slots. */
export type RedisCluster = AsyncDisposable & Readonly<{ url: string; nodes: readonly ServiceHandle[] }>

const MASTERS = 3
const SLOTS = 16_384
const NODE_TIMEOUT_MS = 1_000

export function startRedisCluster(): Promise<RedisCluster> {
  return standing('redis', async ({ program, home, ports, run }) => {
    const all = await ports(2 * MASTERS)
    const members = Array.from({ length: MASTERS }, (_, n) => ({ port: all[2 * n] ?? 0, bus: all[2 * n + 1] ?? 0 }))
    const nodes = await Promise.all(
      members.map(async ({ port, bus }) =>
        run(
          redisCommand({ program, home: await home(`redis-${port}`), port }, [
            ...['--cluster-enabled', 'yes', '--cluster-port', String(bus)],
            ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-require-full-coverage', 'no'],
          ]),
        ),
      ),
    )
    const clients = members.map(({ port }) => new Redis({ host: LOOPBACK, port }))
    try {
      await introduce(clients, members)
    } finally {
      for (const client of clients) client.disconnect()
    }
    return { url: `redis+cluster://${members.map(({ port }) => `${LOOPBACK}:${port}`).join(',')}`, nodes }
  })
}

type Member = Readonly<{ port: number; bus: number }>

async function introduce(clients: readonly Redis[], members: readonly Member[]): Promise<void> {
  const share = Math.ceil(SLOTS / clients.length)
  await Promise.all(
    clients.map(async (client, n) => {
      // Each its own, or they would quarrel over who is newer.
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1)
      await client.call('CLUSTER', 'ADDSLOTSRANGE', n * share, Math.min((n + 1) * share, SLOTS) - 1)
    }),
  )
  for (const { port, bus } of members) await clients[0]?.call('CLUSTER', 'MEET', LOOPBACK, port, bus)
  await formed('the Redis cluster is whole', async () => {
    const infos = await Promise.all(clients.map((client) => client.cluster('INFO')))
    return infos.every(
      (info) => info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${SLOTS}`) && knowsAll(info),
    )
  })
}

const knowsAll = (info: string): boolean => info.includes(`cluster_known_nodes:${MASTERS}`)
