import { connect } from 'nats'
import { natsCommand } from '../native/nats.ts'
import { LOOPBACK } from '../ports.ts'
import type { ServiceHandle } from '../service.ts'
import { formed, standing } from './ground.ts'

/** Three servers that hold JetStream together; `url` lists them all, with commas. */
export type NatsCluster = AsyncDisposable & Readonly<{ url: string; servers: readonly ServiceHandle[] }>

const SERVERS = 3

export function startNatsCluster(): Promise<NatsCluster> {
  return standing('nats', async ({ program, home, ports, run }) => {
    const all = await ports(2 * SERVERS)
    const members = Array.from({ length: SERVERS }, (_, n) => ({ port: all[2 * n] ?? 0, route: all[2 * n + 1] ?? 0 }))
    const routes = members.map(({ route }) => `nats://${LOOPBACK}:${route}`)
    const servers = await Promise.all(
      members.map(async ({ port }, n) =>
        run(
          natsCommand({ program, home: await home(`nats-${port}`), port }, [
            ...['-n', `nats-${n}`, '--cluster_name', 'oms', '--cluster', routes[n] ?? '', '--routes', routes.join(',')],
          ]),
        ),
      ),
    )
    const urls = servers.map((server) => server.url)
    await formed('JetStream has a leader', async () => {
      const connection = await connect({ servers: urls })
      try {
        const { streams } = await connection.jetstreamManager({ timeout: 1_000 })
        await streams.list().next()
        return true
      } finally {
        await connection.close()
      }
    })
    return { url: urls.join(','), servers }
  })
}
