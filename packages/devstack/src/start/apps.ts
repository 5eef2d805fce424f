import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startReaper } from '../lifetime/reaper.ts'
import { freePort } from '../ports.ts'
import type { Progress } from '../service.ts'
import { type AppPorts, appEnvironment, type Surroundings } from './app-environment.ts'
import { type AppCommand, type AppName, type AppProcess, startApp, untilReady } from './app-process.ts'
import type { Layout } from './layout.ts'

const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const

const PREFERRED: AppPorts = {
  'admin-api': { main: 3020, management: 9464 },
  'internal-api': { main: 3021, management: 9465 },
  'health-ingestor': { management: 9466 },
}

/** The ports that the apps get: those of the contract where they are free. */
export async function choosePorts(say: Progress): Promise<AppPorts> {
  const taken = new Set<number>()
  const choose = async (wish: number, what: string): Promise<number> => {
    let port = await freePort(wish)
    while (taken.has(port)) port = await freePort()
    taken.add(port)
    if (port !== wish) say(`Port ${wish} is taken, so ${what} takes ${port}`)
    return port
  }
  const chosen: Partial<Record<AppName, AppPorts[AppName]>> = {}
  for (const app of APPS) {
    const { main, management } = PREFERRED[app]
    chosen[app] = {
      ...(main === undefined ? {} : { main: await choose(main, app) }),
      management: await choose(management, `${app}'s management listener`),
    }
  }
  return chosen as AppPorts
}

/** Runs the migrations as the owner. Rejects with what they printed. */
export async function migrate(layout: Layout, ownerUrl: string): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--conditions=@oms/source', join(layout.checkout, 'apps/admin-api/src/migrate.ts')],
    {
      cwd: layout.checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', NODE_ENV: 'development', DATABASE_MIGRATION_URL: ownerUrl },
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`the migrations failed:\n${output.trim()}`)
}

/** Starts the three apps in `into` and resolves when each says that it is ready. */
export async function startApps(
  around: Surroundings & Readonly<{ ports: AppPorts; layout: Layout }>,
  { into, say }: Readonly<{ into: AsyncDisposableStack; say: Progress }>,
): Promise<readonly AppProcess[]> {
  const reaper = into.use(startReaper())
  const commands = APPS.map(
    (app): AppCommand => ({
      app,
      checkout: around.layout.checkout,
      logFile: join(around.layout.logs, `${app}.log`),
      environment: appEnvironment(app, around),
      managementPort: around.ports[app].management,
    }),
  )
  const running = commands.map((command) => into.use(startApp(command, reaper)))
  await Promise.all(
    running.map(async (app, index) => {
      const since = performance.now()
      await untilReady(app, commands[index] as AppCommand)
      say(`${app.app} is ready (${Math.round(performance.now() - since)} ms)`)
    }),
  )
  return running
}
