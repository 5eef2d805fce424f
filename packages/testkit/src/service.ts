import {
  type AdminClient,
  createAdminClient,
  type EventWatch,
  type PeerAnswer,
  type PeerRequest,
  peerGet,
  watchEvents,
} from '@oms/devstack/clients'
import { startReaper } from '@oms/devstack/lifetime'
import { type AppName, JWT_AUDIENCE, JWT_ISSUER } from '@oms/devstack/local'
import { type AdminClaims, type ClientName, signAdminToken } from '@oms/devstack/pki'
import { createVaultCall, type VaultCall } from '@oms/devstack/vault'
import { Redis } from 'ioredis'
import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { publishReport, type Report } from './inbound.ts'
import { planApp, type RunningApp } from './running-app.ts'
import { type Surroundings, type SurroundingsOptions, surround, type Test } from './surroundings.ts'

export type { Report } from './inbound.ts'

export type ServiceOptions = SurroundingsOptions &
  Readonly<{
    /** How many processes of each; one of each unless given, none for what is left out of a given list. */
    apps?: Readonly<Partial<Record<AppName, number>>>
    /** Added to the environment of an app. */
    environment?: Readonly<Partial<Record<AppName, Readonly<Record<string, string>>>>>
    /** A composition root of the test's own, below apps/<app>. */
    entries?: Readonly<Partial<Record<AppName, string>>>
  }>

/** The service with its surroundings, and a hand on each part. */
export type Service = Surroundings &
  Readonly<{
    app(name: AppName, index?: number): RunningApp
    /** As an admin with `ops:admin`, to the first admin-api. */
    admin: AdminClient
    /** A client of the admin-api number `index`, with other claims. */
    adminAs(claims: Partial<AdminClaims>, index?: number): Promise<AdminClient>
    token(claims?: Partial<AdminClaims>): Promise<string>
    /** GET below /v1/internal as that client, or without a certificate; smpp-connector when absent. */
    peer(path: string, client?: ClientName | 'none', options?: PeerRequest['options']): Promise<PeerAnswer>
    /** Vault with the root token. */
    secrets: VaultCall
    /** The password of that version, by default the newest; undefined when there is none. */
    passwordIn(operatorId: string, version?: number): Promise<string | undefined>
    events: EventWatch
    report(report: Report): Promise<number>
    /** As the owner of the database. */
    sql: Sql
    cache: Redis
    /** Everything that all processes have written. */
    output(): string
  }>

const ALL = { 'admin-api': 1, 'internal-api': 1, 'health-ingestor': 1 } as const

/** Starts it and resolves when every process is ready and the streams are there; ends with the test. */
export async function startService(t: Test, options: ServiceOptions = {}): Promise<Service> {
  const opened = new AsyncDisposableStack()
  // First, and therefore last to run: what the surroundings add by themselves, the end of the database, needs its server.
  t.teardown(() => opened.disposeAsync())
  const around = await surround(t, opened, options)
  const reaper = opened.use(startReaper())
  const apps = Object.entries(options.apps ?? ALL).flatMap(([name, count]) => {
    const app = name as AppName
    return Array.from({ length: count }, (_, index) =>
      opened.use(
        planApp(
          {
            app,
            entry: options.entries?.[app] ?? 'src/main.ts',
            environment: { ...around.environmentOf(app), ...options.environment?.[app] },
            logFile: join(around.folder, `${app}-${index}.log`),
          },
          reaper,
        ),
      ),
    )
  })
  await Promise.all(apps.map((one) => one.start()))
  const sql = opened.adopt(postgres(around.database.ownerUrl, { max: 2, onnotice: () => undefined }), (client) =>
    client.end({ timeout: 1 }),
  )
  const cache = opened.adopt(new Redis(around.redis.url), (client) => client.disconnect())
  cache.on('error', () => undefined)
  const events = opened.use(await watchEvents(around.nats.url))

  const appNamed = (name: AppName, index = 0): RunningApp => {
    const found = apps.filter(({ app }) => app === name)[index]
    if (found === undefined) throw new Error(`there is no ${name} number ${index}`)
    return found
  }
  const token = (claims: Partial<AdminClaims> = {}) =>
    signAdminToken(around.jwtKeys, {
      subject: 'test-admin',
      scope: 'ops:admin',
      issuer: JWT_ISSUER,
      audience: JWT_AUDIENCE,
      expiresIn: '1 hour',
      ...claims,
    })
  const adminAs = async (claims: Partial<AdminClaims>, index = 0): Promise<AdminClient> => {
    const bearer = await token(claims)
    return (method, path, body) => createAdminClient(appNamed('admin-api', index).url, bearer)(method, path, body)
  }
  const secrets = createVaultCall({ url: around.vault.url, token: around.vault.rootToken })

  return {
    ...around,
    app: appNamed,
    admin: await adminAs({}),
    adminAs,
    token,
    peer: (path, client = 'smpp-connector', options = {}) =>
      peerGet(`${appNamed('internal-api').url}/v1/internal${path}`, {
        ca: around.pki.ca,
        options,
        ...(client === 'none' ? {} : { identity: around.pki.clients[client] }),
      }),
    secrets,
    async passwordIn(operatorId, version) {
      const query = version === undefined ? '' : `?version=${version}`
      const answer = await secrets('GET', `secret/data/ops/operators/${operatorId}/credentials${query}`)
      return (answer.data as { data?: { password?: string } | null }).data?.password
    },
    events,
    report: (report) => publishReport(events.jetstream, report),
    sql,
    cache,
    output: () => apps.map((one) => one.output()).join('\n'),
  }
}
