import { expectStatus, type Service, until } from '@oms/testkit'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Carrier, aCarrier, type RoutingEngine } from './routing-engine.ts'

export const AWAY = ['internal-api', 'Vault', 'Redis', 'NATS'] as const
export type Away = (typeof AWAY)[number]

/** What an outage was like for who embeds the client. Times are milliseconds. */
export type Figures = Readonly<{
  away: Away
  lasted: number
  credentialsServed: number
  routesServed: number
  /** What was refused, was wrong or came late: nothing should be here. */
  faults: readonly string[]
  slowestCredentials: number
  slowestRoute: number
  /** From the return of what was away until all that changed meanwhile is known. */
  caughtUp: number
}>

export type Story = Readonly<{ carriers: readonly [Carrier, Carrier]; to: string; password: string }>

const PREFIX = '+9375'
/** A bind must not wait for what is away longer than this. */
const BIND_MAY_WAIT_MS = 5_000

/** Two healthy rivals whose credentials have been read, so that the connector has something to stand on. */
export async function prepare({ admin, report }: Service, engine: RoutingEngine): Promise<Story> {
  const carriers = [await aCarrier(admin, PREFIX, 1), await aCarrier(admin, PREFIX, 2)] as const
  const story = { carriers, to: `${PREFIX}123456`, password: 'pass-wd1' }
  await report({ operatorId: carriers[0].operatorId })
  await report({ operatorId: carriers[1].operatorId })
  await engine.untilChosen(story.to, carriers[0].operatorId)
  for (const { operatorId } of carriers) await engine.client.credentials(operatorId)
  return story
}

const outage = ({ app, vault, redis, nats }: Service) =>
  ({
    'internal-api': { begin: () => app('internal-api').kill(), end: () => app('internal-api').start() },
    Vault: { begin: () => vault.faults.away(), end: () => vault.faults.back() },
    Redis: { begin: () => redis.kill(), end: () => redis.start() },
    NATS: { begin: () => nats.kill(), end: () => nats.start() },
  }) satisfies Record<Away, { begin(): Promise<unknown>; end(): Promise<unknown> }>

/**
 * While `away` is away for `lastingMs`, asks for credentials and routes all the time, and has a rule changed in the middle;
 * afterwards has the password changed. Reports go on as smpp-connector would send them, every `reportEveryMs`.
 */
export async function liveThrough(
  away: Away,
  service: Service,
  engine: RoutingEngine,
  { carriers, to, password }: Story,
  { lastingMs, reportEveryMs }: Readonly<{ lastingMs: number; reportEveryMs: number }>,
): Promise<Figures> {
  const { admin, report } = service
  const [first, second] = carriers
  const faults: string[] = []
  const counts = { credentialsServed: 0, routesServed: 0 }
  const slowest = { credentials: 0, route: 0 }
  const over = new AbortController()
  const everyMs = Math.min(100, lastingMs / 20)

  const reporting = (async () => {
    while (!over.signal.aborted) {
      // Where the stream is away, a connector goes on and its next report tells all.
      await Promise.all(carriers.map(({ operatorId }) => report({ operatorId }).catch(() => undefined)))
      await sleep(reportEveryMs, undefined, { signal: over.signal }).catch(() => undefined)
    }
  })()
  const binding = (async () => {
    while (!over.signal.aborted) {
      for (const { operatorId } of carriers) {
        const since = performance.now()
        await engine.client.credentials(operatorId).then(
          (read) => {
            counts.credentialsServed += 1
            if (read.password !== password) faults.push(`credentials of ${operatorId} are wrong`)
          },
          (error: unknown) => faults.push(`credentials of ${operatorId}: ${String(error)}`),
        )
        slowest.credentials = Math.max(slowest.credentials, performance.now() - since)
      }
      await sleep(everyMs)
    }
  })()
  const routing = (async () => {
    while (!over.signal.aborted) {
      const since = performance.now()
      const offered = engine.client.route(to).map(({ operatorId }) => operatorId)
      slowest.route = Math.max(slowest.route, performance.now() - since)
      counts.routesServed += 1
      if (offered.length !== 2) faults.push(`${offered.length} of 2 operators offered`)
      await sleep(everyMs)
    }
  })()

  const { begin, end } = outage(service)[away]
  const began = performance.now()
  await begin()
  await sleep(lastingMs / 2)
  await first.prefer(9)
  await sleep(lastingMs / 2)
  const lasted = performance.now() - began
  await end()
  const caughtUp = await engine.untilChosen(to, second.operatorId)
  over.abort()
  await Promise.all([reporting, binding, routing])
  if (slowest.credentials > BIND_MAY_WAIT_MS) faults.push(`a bind waited ${slowest.credentials} ms`)

  await first.prefer(1)
  await engine.untilChosen(to, first.operatorId)
  const renewed = `${password.slice(0, 6)}${Date.now() % 100}`
  await until(
    'a new password',
    async () => {
      const answer = await admin('PATCH', `/operators/${first.operatorId}`, { password: renewed })
      return answer.status === 503 ? undefined : expectStatus(answer, 200)
    },
    30_000,
  )
  const untilKnown = (wanted: string) =>
    until(
      'the changed password',
      async () => ((await engine.client.credentials(first.operatorId)).password === wanted ? true : undefined),
      30_000,
    )
  await untilKnown(renewed)
  expectStatus(await admin('PATCH', `/operators/${first.operatorId}`, { password }), 200)
  await untilKnown(password)
  return {
    away,
    lasted,
    ...counts,
    faults,
    slowestCredentials: slowest.credentials,
    slowestRoute: slowest.route,
    caughtUp,
  }
}
