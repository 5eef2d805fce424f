import { type Service, startService, until } from '@oms/testkit'
import { connect, type NatsConnection } from 'nats'
import type { Tools } from '../suite.ts'

/** Where reports come in, and the consumer that the replicas of the health-ingestor share. */
export const INBOUND = {
  stream: 'OPERATOR_HEALTH_INBOUND',
  subject: 'operator.health.inbound.v1',
  durable: 'ops-health-consumer',
} as const

/** Operators that report, each every ten seconds by the habit of their senders: 1,000 reports per second. */
export const OPERATORS = 10_000

export const operatorId = (index: number): string => `bench-${index % OPERATORS}`

/** A health-ingestor, which relays too for it is alone, as one process with production's settings, and 10,000 operators. */
export type Ingestor = Readonly<{
  service: Service
  /** This process's own connection. */
  nats: NatsConnection
  versions: Readonly<Record<string, string>>
}>

export async function startIngestor(
  { opened, tell }: Pick<Tools, 'opened' | 'tell'>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ingestor> {
  tell.now('starting PostgreSQL, Redis, NATS and a health-ingestor')
  const service = await startService(
    { teardown: (end) => opened.defer(end) },
    {
      ownPostgres: true,
      apps: { 'health-ingestor': 1 },
      environment: {
        'health-ingestor': { NODE_ENV: 'production', LOG_LEVEL: 'info', ...environment },
      },
    },
  )
  // It would read every event along, in the process that is the baseline.
  await service.events[Symbol.asyncDispose]()
  const nats = opened.adopt(await connect({ servers: service.nats.url }), (connection) => connection.close())
  await loadOperators(service)
  const { consumers } = await nats.jetstreamManager()
  await until('the consumer of the health-ingestor', () =>
    consumers.info(INBOUND.stream, INBOUND.durable).catch(() => undefined),
  )
  return { service, nats, versions: await versionsOf(service, nats) }
}

async function loadOperators({ sql }: Service): Promise<void> {
  await sql`
    INSERT INTO ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps, status,
      credentials_version, version, created_at, created_by, updated_at, updated_by)
    SELECT 'bench-' || o, 'READY', 'Bench ' || o, 'smsc-' || o || '.example', 2775, 'bench', 'TRANSCEIVER', 100, 'ACTIVE',
      1, 1, now(), 'bench', now(), 'bench'
    FROM generate_series(0, ${OPERATORS - 1}::integer) o`
  await sql`VACUUM (ANALYZE) ops.operators`
}

async function versionsOf({ sql, cache }: Service, nats: NatsConnection): Promise<Readonly<Record<string, string>>> {
  const [row] = await sql<{ version: string }[]>`SELECT current_setting('server_version') AS version`
  const redis = /^redis_version:(.*?)\r?$/m.exec(await cache.info('server'))?.[1]
  return { PostgreSQL: row?.version ?? 'unknown', Redis: redis ?? 'unknown', NATS: nats.info?.version ?? 'unknown' }
}
