import { CHECKOUT } from '@oms/devstack/local'
import { type Service, startService, until } from '@oms/testkit'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { readRunbooks } from '../src/runbooks.ts'
import { monitor } from './support/monitoring.ts'
import type { Notice } from './support/receiver.ts'
import { openShell } from './support/runbook-shell.ts'
import { stackFile } from './support/runbook-state.ts'
import { startTraffic } from './support/traffic.ts'

const LONG_MS = 60_000
/** Every question costs Prometheus or an app something. */
const ASK_EVERY_MS = 100

const service = await startService(t, { ownPostgres: true })
const opened = new AsyncDisposableStack()
t.teardown(() => opened.disposeAsync())
const { alerts, at, complaints, query, receiver } = await monitor(service, opened)
opened.use(await startTraffic(service))

const runbooks = readRunbooks()
const blocksIn = (file: string) => runbooks.find((runbook) => runbook.file === file)?.blocks ?? []
const setup = blocksIn('README.md').filter(({ info }) => info === 'sh setup')
const given = { STACK: await stackFile(service, at), TMPDIR: service.folder }
const shell = await openShell(setup, { cwd: CHECKOUT, given })

/** What the first command of each runbook that an alert led to says now, by its file. */
async function firstChecks(from: number): Promise<Readonly<Record<string, string>>> {
  const files = new Set(
    receiver.notices
      .slice(from)
      .filter(counts)
      .map(({ runbook }) => basename(runbook)),
  )
  const said = [...files].map(async (file) => {
    const { stdout } = await shell(blocksIn(file).find(({ info }) => info === 'sh')?.code ?? '')
    return [file, stdout] as const
  })
  return Object.fromEntries(await Promise.all(said))
}

type AppName = Parameters<Service['app']>[0]
type Told = `${Notice['receiver']}: ${string} of ${AppName}`

const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const
/** Fires always. */
const WATCHDOG = 'OpsWatchdog'
/** Says that this machine is slow, which no test may mind. */
const OVERLOADED = 'OpsAppOverloaded'
const counts = ({ alert }: Readonly<{ alert: string }>): boolean => alert !== WATCHDOG && alert !== OVERLOADED

const when = (what: string, holds: () => boolean | Promise<boolean>) =>
  until(what, async () => (await holds()) || sleep(ASK_EVERY_MS), LONG_MS).catch(async (error: Error) => {
    const toldLast = receiver.notices.filter(counts).slice(-20)
    throw new Error(`${error.message}; ${JSON.stringify({ active: await alerts(), toldLast })}`)
  })

/** Of whom who was told since the notice number `from`, each once. */
const told = (status: Notice['status'], from: number): readonly string[] => [
  ...new Set(
    receiver.notices
      .slice(from)
      .filter((notice) => counts(notice) && notice.status === status)
      .map(({ receiver: who, alert, job }) => `${who}: ${alert} of ${job}`),
  ),
]
/** What has cleared before may be told again with what shares its group. */
const hasCleared = (alerts: readonly string[], from: number): boolean => {
  const cleared = told('resolved', from)
  return alerts.every((alert) => cleared.includes(alert))
}
const isQuiet = async () => !(await alerts()).some(counts)
const statuses = (probe: 'ready' | 'serving') =>
  Promise.all(APPS.map(async (app) => (await service.app(app).probe(probe)).status))
const downFor = async (app: AppName): Promise<readonly string[]> => {
  const { dependencies } = (await service.app(app).probe('ready')).body as {
    dependencies: Readonly<Record<string, { state: 'up' | 'down' }>>
  }
  return Object.keys(dependencies).filter((name) => dependencies[name]?.state === 'down')
}

t.before(async () => {
  await when('scrapes of all apps', async () => Object.values(await query('up')).join() === '1,1,1')
  await when('traffic', async () => Object.values(await query('ops_redis_set_total{result="ok"} > 0')).length > 0)
  // Until Prometheus had looked at them once they were not there.
  await when('quiet', isQuiet)
})

t.test('while all is well nobody is told, but for the watchdog', async (t) => {
  const from = receiver.notices.length
  const heartbeats = () => receiver.notices.slice(from).filter(({ receiver: who }) => who === 'dead-mans-switch')
  await when('heartbeats', () => heartbeats().length >= 3)
  t.same([...new Set(heartbeats().map(({ alert }) => alert))], [WATCHDOG])
  t.ok(await isQuiet())
  t.same(told('firing', from), [])
  t.same(await complaints(), [])
  t.same(await statuses('ready'), [200, 200, 200])
})

type Outage = Readonly<{
  away(): Promise<void> | undefined
  back(): Promise<void> | undefined
  told: readonly Told[]
  /** What fires and is not told, since it follows from what is. */
  inhibited?: string
  ready: readonly number[]
  serving: readonly number[]
}>

const { nats, postgres, redis, vault } = service
const OUTAGES: Readonly<Record<string, Outage>> = {
  vault: {
    away: () => vault.faults.away(),
    back: () => vault.faults.back(),
    told: ['pager: OpsVaultErrors of admin-api', 'pager: OpsVaultReadErrors of internal-api'],
    ready: [503, 503, 200],
    serving: [200, 200, 200],
  },
  redis: {
    away: () => redis.kill(),
    back: () => redis.start(),
    told: APPS.map((app) => `warnings: OpsRedisErrors of ${app}` as const),
    ready: [200, 200, 503],
    serving: [200, 200, 200],
  },
  nats: {
    away: () => nats.kill(),
    back: () => nats.start(),
    told: ['pager: OpsNatsPublishErrors of admin-api', 'pager: OpsNatsPublishErrors of health-ingestor'],
    ready: [200, 200, 503],
    serving: [200, 200, 503],
  },
  postgres: {
    away: () => postgres?.stop(),
    back: () => postgres?.start(),
    told: APPS.map((app) => `pager: OpsPgErrors of ${app}` as const),
    inhibited: 'OpsHealthBlind',
    ready: [503, 503, 503],
    serving: [503, 503, 200],
  },
}

for (const [dependency, outage] of Object.entries(OUTAGES)) {
  t.test(
    `US-OPS-08 AC3, AC5: without ${dependency} readiness says so, the right alerts and no others are told, their runbooks find it, and all clears`,
    async (t) => {
      const from = receiver.notices.length
      const expected = outage.told.toSorted()
      await outage.away()
      const since = performance.now()
      const seconds = () => ((performance.now() - since) / 1_000).toFixed(1)
      await when('an app that says so', async () => (await statuses('ready')).join() === outage.ready.join())
      t.same(await statuses('serving'), outage.serving)
      for (const [index, app] of APPS.entries())
        if (outage.ready[index] === 503) t.same(await downFor(app), [dependency], app)
      await when('the alerts', () => told('firing', from).toSorted().join() === expected.join())
      t.comment(`told after ${seconds()} s`)
      for (const [file, said] of Object.entries(await firstChecks(from))) t.match(said, /no answer/, file)
      const { inhibited } = outage
      if (inhibited !== undefined)
        await when(inhibited, async () =>
          (await alerts()).some(({ alert, state }) => alert === inhibited && state === 'firing'),
        )

      await outage.back()
      t.comment(`back after ${seconds()} s`)
      await when('apps that are ready', async () => (await statuses('ready')).every((status) => status === 200))
      await when('all clear', () => hasCleared(expected, from))
      await when('quiet', isQuiet)
      t.comment(`clear after ${seconds()} s`)
      for (const [file, said] of Object.entries(await firstChecks(from))) t.notMatch(said, /no answer/, file)
      t.same(told('firing', from).toSorted(), expected, 'until the end nobody was told of anything else')
    },
  )
}

t.test('US-OPS-08 AC3: a Vault that takes a policy away is told as that, and not as an outage', async (t) => {
  const from = receiver.notices.length
  const policy = 'sys/policies/acl/ops-credentials-reader'
  const { data } = await service.secrets('GET', policy)
  await service.secrets('PUT', policy, { body: { policy: 'path "secret/data/nothing" { capabilities = ["read"] }' } })
  const expected = ['pager: OpsVaultAuthErrors of internal-api']
  await when('the alert', () => told('firing', from).join() === expected.join())
  const found = { 'vault-auth-errors.md': /op="read",result="auth_error"/ }
  t.match(await firstChecks(from), found)
  await service.secrets('PUT', policy, { body: { policy: data.policy } })
  await when('all clear', () => hasCleared(expected, from))
  await when('quiet', isQuiet)
  t.same(told('firing', from), expected)
})

t.test('every alert that was told leads to its runbook', (t) => {
  t.same(
    receiver.notices.filter(({ runbook }) => !/\/runbooks\/[a-z-]+\.md$/.test(runbook)),
    [],
  )
  t.end()
})
