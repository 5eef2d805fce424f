import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { redisCommand } from '../native/redis.ts'
import { LOOPBACK } from '../ports.ts'
import type { ServiceHandle } from '../service.ts'
import { formed, standing } from './ground.ts'

/** A master, its replica, and one sentinel that decides alone. The roles are those at the start. */
export type RedisSentinel = AsyncDisposable &
  Readonly<{
    url: string
    master: ServiceHandle
    replica: ServiceHandle
    /** `SENTINEL <question> main`. */
    askSentinel(question: 'REPLICAS' | 'FAILOVER'): Promise<unknown>
  }>

const NAME = 'main'
const DOWN_AFTER_MS = 500

export function startRedisSentinel(): Promise<RedisSentinel> {
  return standing('redis', async ({ program, home, ports, run }) => {
    const [masterPort = 0, replicaPort = 0, port = 0] = await ports(3)
    const server = async (serverPort: number, ...settings: string[]) =>
      run(redisCommand({ program, home: await home(`redis-${serverPort}`), port: serverPort }, settings))
    const master = await server(masterPort, '--repl-diskless-sync-delay', '0')
    const replica = await server(replicaPort, '--replicaof', `${LOOPBACK} ${masterPort}`)
    // A sentinel asks for replicas at once, and then not before ten seconds have gone.
    await formed('the replica follows', async () =>
      (await ask(replicaPort, (client) => client.info('replication'))).includes('master_link_status:up'),
    )

    const folder = await home('sentinel')
    const config = join(folder, 'sentinel.conf')
    const lines = [
      `port ${port}`,
      `bind ${LOOPBACK}`,
      `dir ${folder}`,
      `sentinel monitor ${NAME} ${LOOPBACK} ${masterPort} 1`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${NAME} 3000`,
    ]
    await writeFile(config, `${lines.join('\n')}\n`)
    const command = redisCommand({ program, home: folder, port }, [])
    await run({ ...command, title: 'Redis Sentinel', args: [config, '--sentinel'] })
    const askSentinel = (question: string) => ask(port, (client) => client.call('SENTINEL', question, NAME))
    await formed('the sentinel knows the replica', async () => {
      const replicas = await askSentinel('REPLICAS')
      return Array.isArray(replicas) && replicas.length === 1
    })
    return { url: `redis+sentinel://${LOOPBACK}:${port}/${NAME}`, master, replica, askSentinel }
  })
}

async function ask<T>(port: number, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ host: LOOPBACK, port, retryStrategy: null })
  client.on('error', () => {})
  try {
    return await question(client)
  } finally {
    client.disconnect()
  }
}
