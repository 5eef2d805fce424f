import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { claimFolder } from '../lifetime/claim.ts'
import { startReaper } from '../lifetime/reaper.ts'
import { privateFolder, temporaryFolder } from '../native/data-folder.ts'
import { installNative } from '../native/install.ts'
import type { Program, ProgramName } from '../native/programs.ts'
import { runServer, type ServerCommand } from '../native/server-process.ts'
import { freePort } from '../ports.ts'
import { untilTrue } from '../readiness.ts'
import type { Progress, ServiceHandle } from '../service.ts'

/** Where the servers of a topology stand. */
export type Ground = Readonly<{
  program: Program
  /** A private folder of that name. */
  home(name: string): Promise<string>
  /** All different. */
  ports(count: number): Promise<number[]>
  run(command: ServerCommand): Promise<ServiceHandle>
}>

export type GroundOptions = Readonly<{
  /** Keeps the data; a folder of its own that goes with the servers, if not given. */
  dir?: string
  onProgress?: Progress
}>

const ATTEMPTS = 3
const FORMED_WITHIN_MS = 60_000

/**
 * Raises servers that belong together, from this machine's own programs: there is no containers' form of it. They end with
 * what is returned or with this process, however it ends. Rejects with nothing left, with `DevstackUnavailable` where the
 * program is not to be had.
 */
export async function standing<T extends object>(
  name: ProgramName,
  raise: (ground: Ground) => Promise<T>,
  { dir, onProgress = () => undefined }: GroundOptions = {},
): Promise<T & AsyncDisposable> {
  const { [name]: program } = await installNative({ services: [name], onProgress })
  if (program === undefined) throw new Error(`no program was found to run ${name}`)
  // Between the look at a port and the server's own listen, somebody else may take it: then all begin anew.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await onNewGround({ program, dir }, raise)
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function onNewGround<T extends object>(
  { program, dir: kept }: Readonly<{ program: Program; dir: string | undefined }>,
  raise: (ground: Ground) => Promise<T>,
): Promise<T & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const reaper = opened.use(startReaper())
  const dir = kept ?? (await temporaryFolder())
  if (kept === undefined) {
    reaper.watch({ kind: 'folder', path: dir })
    opened.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  } else {
    await claimFolder(await privateFolder(dir), reaper.identity)
  }
  const raised = await raise({
    program,
    home: (folder) => privateFolder(join(dir, folder)),
    ports: differentPorts,
    run: async (command) => opened.use(await runServer(command, reaper)),
  })
  const running = opened.move()
  return { ...raised, [Symbol.asyncDispose]: () => running.disposeAsync() }
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
