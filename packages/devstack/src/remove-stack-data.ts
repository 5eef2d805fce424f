import { removeNativeData } from './native/data-folder.ts'
import { type Machine, thisMachine } from './native/machine.ts'

/** Removes all data of the stack in `dir`, whichever provider made it and wherever it lies. The stack must not be running. */
export async function removeStackData(dir: string, machine: Machine = thisMachine): Promise<void> {
  await removeNativeData(dir)
  if (await machine.hasDocker()) await (await import('./containers/volumes.ts')).removeVolumes(dir)
}
