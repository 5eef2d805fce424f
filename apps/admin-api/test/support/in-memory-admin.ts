import { createLogger, createMetrics, openTrace } from '@oms/adapters/telemetry'
import { type OperatorId, Secret } from '@oms/domain'
import { memoryPorts } from '@oms/domain/memory'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildAdminApp } from '../../src/app.ts'
import { createFingerprint } from '../../src/idempotency/fingerprint.ts'
import { createObserve } from '../../src/observe.ts'

type Asked = Readonly<{ json?: unknown; body?: string; headers?: Readonly<Record<string, string>>; as?: string }>

type Answer = Readonly<{
  status: number
  headers: Readonly<Record<string, unknown>>
  text: string
  body: Readonly<Record<string, unknown>>
}>

/** The admin API over the memory twins, asked without a listener; `as` is who asks. */
export async function inMemoryAdmin(t: Readonly<{ teardown(end: () => PromiseLike<void>): void }>) {
  const ports = memoryPorts()
  const lines: Record<string, unknown>[] = []
  const keep = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
  const log = createLogger({ level: 'info', app: 'admin-api', destination: { write: keep } })
  const metrics = createMetrics({ app: 'admin-api', version: 'test' })
  const app = await buildAdminApp(
    {
      ...ports,
      credentialsRetentionDays: 30,
      fingerprint: createFingerprint(new Secret('k'.repeat(32))),
      observe: createObserve(metrics),
      credentialsPath: (operatorId) => `secret/data/ops/operators/${operatorId}/credentials`,
    },
    {
      log,
      metrics,
      openTrace,
      verifyToken: async (token) => ({ subject: token.split('.')[0] ?? '', scopes: new Set(['ops:admin']) }),
    },
  )
  t.teardown(() => app.close())

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    asked: Asked = {},
  ): Promise<Answer> {
    const { json, body = json === undefined ? undefined : JSON.stringify(json), headers = {}, as = 'amina' } = asked
    const inject = () =>
      app.inject({
        method,
        url: `/v1/admin${path}`,
        headers: {
          authorization: `Bearer ${as}.x.y`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      })
    let answer = await inject()
    // What this very process did just before may have held up the loop.
    while (answer.statusCode === 503 && answer.body.includes('SERVICE_OVERLOADED')) {
      await sleep(100)
      answer = await inject()
    }
    const parsed = answer.body === '' ? {} : (JSON.parse(answer.body) as Answer['body'])
    return { status: answer.statusCode, headers: answer.headers, text: answer.body, body: parsed }
  }

  let made = 0
  async function anOperator(fields: object = {}): Promise<OperatorId> {
    made += 1
    const body = {
      name: `Operator ${made}`,
      host: `smsc-${made}.example.net`,
      port: 2775,
      systemId: 'gw',
      password: 'pass-wd1',
    }
    const json = { ...body, bindType: 'TRANSCEIVER', tpsLimit: { maxTps: 10 }, ...fields }
    return (await ask('POST', '/operators', { json })).body.operatorId as OperatorId
  }

  return { ask, anOperator, keys: ports.store.keys, lines, metrics: async () => (await metrics.render()).body }
}

export const aRule = (fields: object = {}) => ({ prefix: '+9370', costPerSegment: '0.0042', ...fields })
