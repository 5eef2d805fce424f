import type { Reaper } from './lifetime/reaper.ts'
import { installNative, isComplete, programsOf, search, whatToDo } from './native/install.ts'
import type { Machine } from './native/machine.ts'
import { nativeProvider } from './native/provider.ts'
import type { Progress, RunningService, ServiceName } from './service.ts'
import { DevstackUnavailable } from './unavailable.ts'

export type ProviderName = 'native' | 'containers'

export type RunOptions = Readonly<{ dir: string; durable: boolean; port: number; reaper: Reaper }>

/** A way to run the services. */
export type Provider = Readonly<{
  name: ProviderName
  run(service: ServiceName, options: RunOptions): Promise<RunningService>
}>

export type Choice = Readonly<{
  wanted: ProviderName | undefined
  services: readonly ServiceName[]
  machine: Machine
  onProgress: Progress
}>

/** The one asked for; else what is on the machine, else what can be installed, else Docker. Rejects with `DevstackUnavailable`. */
export async function chooseProvider({ wanted, services, machine, onProgress }: Choice): Promise<Provider> {
  if (wanted === 'containers') return containers(machine)
  const found = await search(services, machine)
  if (isComplete(found)) return nativeProvider(programsOf(found))
  if (wanted === 'native' || machine.mayInstall())
    return nativeProvider(await installNative({ services, machine, onProgress }))
  if (await machine.hasDocker()) return containers(machine)
  throw new DevstackUnavailable(whatToDo(found))
}

// Loaded only when it is needed: testcontainers takes longer to load than the native servers to start.
async function containers(machine: Machine): Promise<Provider> {
  if (!(await machine.hasDocker()))
    throw new DevstackUnavailable(
      'DEVSTACK=containers needs a Docker engine, and none answers: start Docker, or unset DEVSTACK.',
    )
  return (await import('./containers/provider.ts')).containersProvider()
}
