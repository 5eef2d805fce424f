import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHealthChecks, type DependencyState, type HealthChecksSettings } from './health-checks.ts'

export type ManagementSettings = Omit<HealthChecksSettings, 'metrics'> &
  Readonly<{
    host: string
    port: number
    metrics: HealthChecksSettings['metrics'] & {
      render(): Promise<{ contentType: string; body: string }>
      onScrape(refresh: () => Promise<void>): void
    }
  }>

export type Management = AsyncDisposable &
  Readonly<{
    port: number
    /** From now on ready and serving answer 503, so that no new requests are sent here. */
    drain(): void
  }>

type Answer = Readonly<{ status: number; body: string; contentType?: string }>

/**
 * The listener for the cluster: `/metrics`, `/health/live` (the process runs), `/health/ready` (all that the app needs
 * is in reach) and `/health/serving` (it can answer something). Rejects when the port is taken.
 */
export async function listenForManagement(settings: ManagementSettings): Promise<Management> {
  const { host, port, metrics, checks, log } = settings
  const check = createHealthChecks(settings)
  // The deployment need not probe every path, or any: what is away must show all the same.
  metrics.onScrape(async () => void (await check()))
  let draining = false

  async function health(needed: (name: string) => boolean): Promise<Answer> {
    if (draining) return json(503, { status: 'draining' })
    const states = await check()
    const ok = states.every(({ name, up }) => up || !needed(name))
    return json(ok ? 200 : 503, { status: ok ? 'ok' : 'unavailable', dependencies: describe(states, needed) })
  }

  const neededFor = (probe: 'neededForReady' | 'neededForServing') => {
    const names = new Set(checks.filter((each) => each[probe]).map(({ name }) => name))
    return (name: string) => names.has(name)
  }

  const routes: Readonly<Record<string, () => Promise<Answer>>> = {
    '/metrics': async () => ({ status: 200, ...(await metrics.render()) }),
    '/health/live': async () => json(200, { status: 'ok' }),
    '/health/ready': () => health(neededFor('neededForReady')),
    '/health/serving': () => health(neededFor('neededForServing')),
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const [path = ''] = (request.url ?? '').split('?')
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    if (route === undefined) return json(404, { status: 'not found' })
    if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { status: 'method not allowed' })
    try {
      return await route()
    } catch (error) {
      log.error({ err: error, path }, 'management request failed')
      return json(500, { status: 'error' })
    }
  }

  const server = createServer((request, response) => {
    void answer(request).then((result) => send(response, result))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    drain: () => {
      draining = true
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const json = (status: number, body: object): Answer => ({ status, body: JSON.stringify(body) })

const describe = (states: readonly DependencyState[], needed: (name: string) => boolean) =>
  Object.fromEntries(
    states.map(({ name, up, latencyMs }) => [name, { state: up ? 'up' : 'down', latencyMs, needed: needed(name) }]),
  )

function send(response: ServerResponse, { status, body, contentType = 'application/json' }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': Buffer.byteLength(body),
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  })
  // Node leaves the body out of an answer to HEAD.
  response.end(body)
}
