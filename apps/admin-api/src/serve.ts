import { relayUnderLease, silenceUnderLease } from '@oms/adapters/background'
import { readSecretFile, trustedProxies, usable } from '@oms/adapters/config'
import {
  createJwksSource,
  createTokenVerifier,
  type HttpLog,
  listen,
  listenForManagement,
  publicKeyFromFile,
  type VerifyToken,
} from '@oms/adapters/http'
import { createMetrics, type Logger, openTrace, reportTo, startTracing } from '@oms/adapters/telemetry'
import type { OperatorId } from '@oms/domain'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildAdminApp } from './app.ts'
import { type AdminAdapters, openAdapters } from './compose.ts'
import type { AdminApiConfig } from './config.ts'
import { keepHouse } from './housekeeping.ts'
import { createFingerprint } from './idempotency/fingerprint.ts'
import { createObserve } from './observe.ts'
import type { AdminPorts } from './routes/admin-route.ts'

export type ServeOptions = Readonly<{
  log: Logger
  /** Stands between the adapters and the use cases; for tests that break a step. */
  decorate?: (adapters: AdminAdapters) => AdminAdapters
}>

/** The running process: two listeners, relay and housekeeping. Disposing ends it in order. */
export async function serveAdminApi(config: AdminApiConfig, options: ServeOptions) {
  const { log, decorate = (adapters) => adapters } = options
  const metrics = createMetrics({ app: 'admin-api', version: config.SERVICE_VERSION })
  const report = reportTo(log)
  const holder = `admin-api@${hostname()}/${randomUUID()}`
  await using opening = new AsyncDisposableStack()
  const tracing = opening.use(
    await startTracing({
      app: 'admin-api',
      version: config.SERVICE_VERSION,
      endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
      sampledShare: config.OTEL_TRACES_SAMPLER_ARG,
      onError: (error) => report('send spans', error),
    }),
  )

  const opened = opening.use(await openAdapters(config, { log, metrics, tracing }))
  const adapters = decorate(opened)
  const management = opening.use(
    await listenForManagement({
      host: config.HOST,
      port: config.MANAGEMENT_PORT,
      checks: adapters.checks,
      metrics,
      log,
    }),
  )
  const relay = relayUnderLease({ ...adapters, holder, log, report, metrics })
  const silence = silenceUnderLease({ ...adapters, holder, log, report, metrics })
  // Together: each may wait for what is frozen, and the process has ten seconds.
  opening.defer(async () => {
    await Promise.all([relay, silence].map((each) => each[Symbol.asyncDispose]()))
  })
  const house = opening.use(keepHouse({ adapters, holder, log, metrics }))

  const ports: AdminPorts = {
    ...adapters,
    credentialsRetentionDays: config.CREDENTIALS_RETENTION_DAYS,
    newOperatorId: () => randomUUID() as string as OperatorId,
    newEventId: randomUUID,
    newRuleId: randomUUID,
    elapsedMs: () => performance.now(),
    pause: (milliseconds) => sleep(milliseconds),
    wakeRelay: relay.wake,
    report,
    observe: createObserve(metrics),
    fingerprint: createFingerprint(readSecretFile(config.IDEMPOTENCY_SECRET_PATH, 'IDEMPOTENCY_SECRET_PATH')),
  }
  const app = await buildAdminApp(ports, {
    log,
    metrics,
    openTrace,
    verifyToken: tokenVerifier(config, log),
    trustProxy: trustedProxies(config.TRUSTED_PROXIES),
    overload: { maxEventLoopDelayMs: config.MAX_EVENT_LOOP_DELAY_MS },
  })
  const server = opening.use(await listen(app, { host: config.HOST, port: config.PORT }))
  log.info({ url: server.url, managementPort: management.port }, 'admin-api is up')

  const owned = opening.move()
  return {
    url: server.url,
    managementPort: management.port,
    async [Symbol.asyncDispose]() {
      management.drain()
      // The relay goes on until the last request is answered, for what that changed; housekeeping need not.
      await Promise.all([house[Symbol.asyncDispose](), owned.disposeAsync()])
    },
  }
}

function tokenVerifier(config: AdminApiConfig, log: HttpLog): VerifyToken {
  const keys =
    config.JWT_JWKS_URL === undefined
      ? usable('JWT_PUBLIC_KEY_PATH', () => publicKeyFromFile(config.JWT_PUBLIC_KEY_PATH ?? ''))
      : createJwksSource({ url: config.JWT_JWKS_URL, log })
  return createTokenVerifier({ keys, issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE })
}
