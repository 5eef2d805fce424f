import { mkdir, rm } from 'node:fs/promises'
import { chosenByEnvironment } from './environment.ts'
import { claimFolder } from './lifetime/claim.ts'
import { startReaper } from './lifetime/reaper.ts'
import { temporaryFolder } from './native/data-folder.ts'
import { type Machine, thisMachine } from './native/machine.ts'
import { freePort, isFree } from './ports.ts'
import { chooseProvider, type Provider, type ProviderName, type RunOptions } from './provider.ts'
import {
  type Progress,
  type RunningService,
  SERVICE_NAMES,
  type ServiceHandle,
  type ServiceName,
  TITLES,
} from './service.ts'

export type DevstackOptions<S extends ServiceName = ServiceName> = Readonly<{
  /** All of them when absent. */
  services?: readonly S[]
  /** The data lies below it and stays. Absent: a temporary folder that goes with the stack. */
  dir?: string
  /** The data survives a crash of the machine, and PostgreSQL asks for a password that is kept beside it. */
  durable?: boolean
  /** Wished for; a taken one is replaced by a free one. */
  ports?: Readonly<Partial<Record<ServiceName, number>>>
  /** Absent: `DEVSTACK` in the environment, else what the machine offers. */
  provider?: ProviderName
  onProgress?: Progress
  machine?: Machine
}>

export type Devstack<S extends ServiceName = ServiceName> = AsyncDisposable &
  Readonly<Record<S, ServiceHandle>> &
  Readonly<{ provider: ProviderName }>

/**
 * Starts real servers on loopback, together. Resolves when each takes clients; rejects with nothing left running, with
 * `DevstackUnavailable` where this machine has no way to run them. They end with the stack or with this process, however it ends.
 */
export async function startDevstack<S extends ServiceName = ServiceName>(
  options: DevstackOptions<S> = {},
): Promise<Devstack<S>> {
  const { durable = false, ports = {}, machine = thisMachine, onProgress = () => undefined } = options
  const services = options.services ?? (SERVICE_NAMES as readonly ServiceName[] as readonly S[])
  const provider = await chooseProvider({
    wanted: options.provider ?? chosenByEnvironment(),
    services,
    machine,
    onProgress,
  })

  await using opened = new AsyncDisposableStack()
  const reaper = opened.use(startReaper())
  const dir = options.dir ?? (await temporaryFolder())
  if (options.dir === undefined) {
    reaper.watch({ kind: 'folder', path: dir })
    opened.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  } else {
    await mkdir(dir, { recursive: true, mode: 0o711 })
    await claimFolder(dir, reaper.identity)
  }
  const started = await Promise.allSettled(
    services.map(async (service) => {
      const since = performance.now()
      const running = opened.use(
        await runSomewhere(provider, service, { wish: ports[service], dir, durable, reaper, onProgress }),
      )
      onProgress(`${TITLES[service]} is up on port ${running.port} (${Math.round(performance.now() - since)} ms)`)
      return [service, running] as const
    }),
  )
  const failed = started.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
  const handles = Object.fromEntries(started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
  const kept = opened.move()
  return {
    ...(handles as Record<S, RunningService>),
    provider: provider.name,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

type Wish = Omit<RunOptions, 'port'> & Readonly<{ wish: number | undefined; onProgress: Progress }>

const ATTEMPTS = 3

// Between the look at a port and the server's own listen, somebody else may take it: then another is tried.
async function runSomewhere(provider: Provider, service: ServiceName, options: Wish): Promise<RunningService> {
  const { wish, onProgress, ...rest } = options
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(attempt === 1 ? wish : undefined)
    if (wish !== undefined && port !== wish) onProgress(`Port ${wish} is taken, so ${TITLES[service]} takes ${port}`)
    try {
      return await provider.run(service, { ...rest, port })
    } catch (error) {
      if (attempt === ATTEMPTS || (await isFree(port))) throw error
    }
  }
}
