// npm start [-- --fresh --with-monitoring]: the whole product on this machine, until Ctrl-C.
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { monitoringPrograms } from '../monitoring/index.ts'
import { signAdminToken } from '../pki/index.ts'
import { writePrivate } from '../pki/files.ts'
import { removeStackData } from '../remove-stack-data.ts'
import { DevstackUnavailable } from '../unavailable.ts'
import { type AppPorts, appEnvironment, JWT_AUDIENCE, JWT_ISSUER, type Surroundings } from './app-environment.ts'
import { choosePorts, migrate, startApps } from './apps.ts'
import { untilRelayWorks } from './relay-probe.ts'
import { createExamples } from './examples.ts'
import { type Layout, layout } from './layout.ts'
import { type LocalServices, startLocalServices } from './local-services.ts'
import { startMonitoring } from './monitoring.ts'
import { screen } from './screen.ts'
import { type StackFile, writeStackFile } from './stack-file.ts'
import { lockStack, StackIsRunning } from './stack-lock.ts'

const UNAVAILABLE = 69 // sysexits(3)
const TOKEN_LIFE = '365 days'

const begun = performance.now()
const say = (line: string): void =>
  void process.stdout.write(`[${((performance.now() - begun) / 1_000).toFixed(1).padStart(5)} s] ${line}\n`)

const { values } = parseArgs({
  options: { fresh: { type: 'boolean', default: false }, 'with-monitoring': { type: 'boolean', default: false } },
})
const stopAsked = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
})

try {
  process.exitCode = await run(layout())
} catch (error) {
  if (!(error instanceof DevstackUnavailable || error instanceof StackIsRunning)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = UNAVAILABLE
}

async function run(paths: Layout): Promise<number> {
  await mkdir(paths.root, { recursive: true })
  await using opened = new AsyncDisposableStack()
  opened.use(await lockStack(paths.lock))
  await rm(paths.stackFile, { force: true })
  if (values.fresh) await beginAnew(paths)
  // Before all else, for it may not be to be had.
  if (values['with-monitoring']) await monitoringPrograms({ onProgress: say })

  const services = await startLocalServices(paths, { into: opened, say })
  say('running the migrations')
  const [ports] = await Promise.all([choosePorts(say), migrate(paths, services.database.ownerUrl)])
  const { jwtKeys, pki } = services
  const around = {
    layout: paths,
    secrets: paths.secrets,
    database: services.database,
    redisUrl: services.stack.redis.url,
    natsUrl: services.stack.nats.url,
    vaultUrl: services.vault.url,
    roleIds: services.roleIds,
    jwtPublicKeyPath: jwtKeys.publicKeyPath,
    tls: { ...pki.server, ca: pki.ca, clients: services.clients },
    ports,
  }
  const apps = await startApps(around, { into: opened, say })
  const described = await describe(services, around)
  await untilRelayWorks(described.nats.url, [described.admin.management, described.ingestor.management])
  if (!existsSync(paths.examplesMade)) {
    await createExamples(described.admin.url, described.admin.tokens.admin)
    await writePrivate(paths.examplesMade, '')
    say('three example operators made')
  }
  const stack = values['with-monitoring'] ? await monitored(described, paths, opened) : described
  await writeStackFile(paths.stackFile, stack)
  opened.defer(() => rm(paths.stackFile, { force: true }))
  process.stdout.write(screen(stack, { checkout: paths.checkout, logs: paths.logs }))

  const died = apps.map(async ({ app, ended }) => {
    await ended
    return app
  })
  const first = await Promise.race([stopAsked, ...died])
  say(first === undefined ? 'stopping' : `${first} ended by itself, see ${paths.logs}/${first}.log; stopping`)
  return first === undefined ? 0 : 1
}

async function monitored(stack: StackFile, paths: Layout, into: AsyncDisposableStack): Promise<StackFile> {
  const { admin, internal, ingestor } = stack
  const targets = {
    'admin-api': admin.management,
    'internal-api': internal.management,
    'health-ingestor': ingestor.management,
  }
  return { ...stack, monitoring: await startMonitoring(paths, targets, { into, say }) }
}

async function beginAnew(paths: Layout): Promise<void> {
  say('removing the data of former runs')
  await removeStackData(paths.data)
  const { data, vault, tls, jwt, secrets, logs, monitoring, examplesMade } = paths
  for (const path of [data, vault, tls, jwt, secrets, logs, monitoring, examplesMade]) {
    await rm(path, { recursive: true, force: true })
  }
}

async function describe(services: LocalServices, around: Surroundings & { ports: AppPorts }): Promise<StackFile> {
  const { ports } = around
  const token = (subject: string, scope: string) =>
    signAdminToken(services.jwtKeys, {
      subject,
      scope,
      issuer: JWT_ISSUER,
      audience: JWT_AUDIENCE,
      expiresIn: TOKEN_LIFE,
    })
  const at = (port: number | undefined) => `http://127.0.0.1:${port ?? 0}`
  return {
    admin: {
      url: at(ports['admin-api'].main),
      management: at(ports['admin-api'].management),
      tokens: { admin: await token('local-admin', 'ops:admin'), read: await token('local-reader', 'ops:read') },
      environment: appEnvironment('admin-api', around),
    },
    internal: {
      url: `https://127.0.0.1:${ports['internal-api'].main ?? 0}`,
      management: at(ports['internal-api'].management),
      tls: { ca: services.pki.ca, clients: services.pki.clients },
    },
    ingestor: { management: at(ports['health-ingestor'].management) },
    postgres: { url: services.database.ownerUrl },
    redis: { url: services.stack.redis.url },
    nats: { url: services.stack.nats.url, monitor: services.stack.nats.monitor ?? '' },
    vault: { url: services.vault.url, token: services.vault.rootToken },
    pid: process.pid,
  }
}
