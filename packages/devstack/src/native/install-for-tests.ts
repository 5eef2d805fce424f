import { chosenByEnvironment } from '../environment.ts'
import { isService, type Progress } from '../service.ts'
import { DevstackUnavailable } from '../unavailable.ts'
import { installNative } from './install.ts'
import { WANTED, type ProgramName } from './programs.ts'

/**
 * Installs every program that some test runs, in one go: one after the other, each would read Debian's package lists anew.
 * Where nothing can be installed it does nothing: the test that lacks a program says so.
 */
export async function installForTests(onProgress: Progress): Promise<void> {
  const inContainers = chosenByEnvironment() === 'containers'
  const services = (Object.keys(WANTED) as ProgramName[]).filter((name) => !(inContainers && isService(name)))
  await installNative({ services, onProgress }).catch((error: unknown) => {
    if (!(error instanceof DevstackUnavailable)) throw error
  })
}
