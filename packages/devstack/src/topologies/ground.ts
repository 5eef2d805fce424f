import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startReaper } from '../lifetime/reaper.ts'
import { privateFolder, temporaryFolder } from '../native/data-folder.ts'
import { installNative } from '../native/install.ts'
import type { Program, ProgramName } from '../native/programs.ts'
import { runServer, type ServerCommand } from '../native/server-process.ts'
import { freePort } from '../ports.ts'
import { untilTrue } from '../readiness.ts'
import type { ServiceHandle } from '../service.ts'

/** Where the servers of a topology stand. */
export type Ground = Readonly<{
  program: Program
  /** A private folder of that name. */
  home(name: string): Promise<string>
  /** All different. */
  ports(count: number): Promise<number[]>
  run(command: ServerCommand): Promise<ServiceHandle>
}>

const ATTEMPTS = 3
const FORMED_WITHIN_MS = 60_000

/**
 * Raises several servers that belong together, from this machine's own programs: there is no containers' form of it. They end
 * with the topology or with this process, however it ends. Rejects with nothing left, with `DevstackUnavailable` where the
 * program is not to be had.
 */
export async function standing<T extends object>(
  name: ProgramName,
  raise: (ground: Ground) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const { [name]: program } = await installNative({ services: [name] })
  if (program === undefined) throw new Error(`no program was found to run ${name}`)
  // Between the look at a port and the server's own listen, somebody else may take it: then all begin anew.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await onNewGround(program, raise)
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function onNewGround<T extends object>(
  program: Program,
  raise: (ground: Ground) => Promise<T>,
): Promise<T & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const reaper = opened.use(startReaper())
  const dir = await temporaryFolder()
  reaper.watch({ kind: 'folder', path: dir })
  opened.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  const raised = await raise({
    program,
    home: (folder) => privateFolder(join(dir, folder)),
    ports: differentPorts,
    run: async (command) => opened.use(await runServer(command, reaper)),
  })
  const kept = opened.move()
  return { ...raised, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function differentPorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}

/** Waits until servers that are up have found each other; an answer that does not come counts as no. */
export async function formed(what: string, holds: () => Promise<boolean>): Promise<void> {
  const ask = () => holds().catch(() => false)
  if (!(await untilTrue(ask, { withinMs: FORMED_WITHIN_MS, over: () => false }))) throw new Error(`never: ${what}`)
}
