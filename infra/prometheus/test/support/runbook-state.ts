import { startAlertmanager } from '@oms/devstack/monitoring'
import { createdOperator, publishInbound, type Service, until } from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startPrometheusBeside } from './prometheus-beside.ts'

const LONG_MS = 60_000
const RULES = resolve(import.meta.dirname, '../../rules/*.yml')
const CONFIG = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n'

export type Monitors = Readonly<{ prometheus: string; alertmanager: string }>

/** Prometheus and Alertmanager beside the service; resolves when both know of the watchdog. */
export async function watched(service: Service, into: AsyncDisposableStack): Promise<Monitors> {
  const alertmanager = into.use(await startAlertmanager({ config: CONFIG }))
  const prometheus = into.use(await startPrometheusBeside(service, { rules: [RULES], alertmanager }))
  const fires = async () => (await (await fetch(`${prometheus.url}/api/v1/alerts`)).text()).includes('"OpsWatchdog"')
  await until('the watchdog', async () => (await fires()) || undefined, LONG_MS)
  // Prometheus looks for Alertmanager every 5 s, and tells again after a minute what it has told nobody.
  await fetch(`${alertmanager.url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels: { alertname: 'OpsWatchdog', severity: 'none' } }]),
  })
  return { prometheus: prometheus.url, alertmanager: alertmanager.url }
}

/** The file in which the local stack says where everything is, beside its logs; its path. */
export async function stackFile(service: Service, monitoring: Monitors): Promise<string> {
  const folder = join(service.folder, 'local')
  await mkdir(folder)
  await symlink(service.folder, join(folder, 'logs'))
  const { nats, pki, redis, vault } = service
  const [admin, internal, ingestor] = (['admin-api', 'internal-api', 'health-ingestor'] as const).map((app) =>
    service.app(app),
  )
  const stack = {
    admin: { url: admin?.url, management: admin?.managementUrl, tokens: { admin: await service.token() } },
    internal: { url: internal?.url, management: internal?.managementUrl, tls: { ca: pki.ca, clients: pki.clients } },
    ingestor: { management: ingestor?.managementUrl },
    postgres: { url: service.database.ownerUrl },
    redis: { url: redis.url },
    nats: { url: nats.url, monitor: nats.monitor },
    vault: { url: vault.url, token: vault.rootToken },
    monitoring,
  }
  const path = join(folder, 'stack.json')
  await writeFile(path, JSON.stringify(stack), { mode: 0o600 })
  return path
}

/** What a night may have left: carriers in every state of health, a parked event, dead letters, somebody's forgotten session. */
export async function aNight(
  service: Service,
  into: AsyncDisposableStack,
): Promise<Readonly<{ operator: string; event: string; pid: string }>> {
  const { admin, events, sql } = service
  const [up, down, silent] = await Promise.all(
    ['First carrier', 'Second carrier', 'Third carrier'].map(async (name) => {
      const { operatorId } = await createdOperator(admin, { name })
      await admin('POST', `/operators/${operatorId}/routing-rules`, {
        prefix: '+93701',
        costPerSegment: '0.01',
        currency: 'USD',
      })
      await admin('PATCH', `/operators/${operatorId}`, { status: 'ACTIVE' })
      return operatorId
    }),
  )
  if (up === undefined || down === undefined || silent === undefined) throw new Error('three were asked for')
  await service.peer(`/operators/${up}/credentials`)
  await service.report({ operatorId: up })
  await service.report({ operatorId: down, bindState: 'UNBOUND', bindError: 'ESME_RBINDFAIL' })
  await service.report({ operatorId: silent })
  await service.report({ operatorId: randomUUID() })
  await publishInbound(events.jetstream, 'no report')
  const ingestor = service.app('health-ingestor')
  await until('both letters', async () => (await ingestor.metric('ops_deadletter_total')) === 2 || undefined, LONG_MS)
  await sql`UPDATE ops.operator_health SET last_received_at = now() - interval '5 min' WHERE operator_id = ${silent}`
  const watcher = () => [ingestor, service.app('admin-api')].flatMap((app) => app.logLines())
  await until('silence', async () => watcher().some(({ msg }) => msg === 'operator fell silent') || undefined, LONG_MS)

  const [parked] = await sql<{ id: string }[]>`
    UPDATE ops.outbox SET published_at = NULL, parked_at = now(), error = 'NATS refuses it: MAX_PAYLOAD_EXCEEDED'
    WHERE id = (SELECT max(id) FROM ops.outbox WHERE published_at IS NOT NULL) RETURNING id`
  const session = await sql.reserve()
  into.defer(() => session.release())
  const [row] = await session<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
  return { operator: up, event: parked?.id ?? '', pid: String(row?.pid) }
}
