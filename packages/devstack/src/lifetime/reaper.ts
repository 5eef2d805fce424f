import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import type { Charge, Order } from './charge.ts'
import { identify, type ProcessIdentity } from './processes.ts'

/**
 * Ends what its owner leaves behind, however the owner ends: a process of its own holds the other end of a pipe, and the
 * kernel closes the pipe on return, exception, Ctrl-C and SIGKILL alike. So no signal handler is needed anywhere else.
 */
export type Reaper = AsyncDisposable &
  Readonly<{
    identity: ProcessIdentity | undefined
    watch(charge: Charge): void
    /** The owner has ended it itself. */
    release(charge: Charge): void
  }>

export function startReaper(): Reaper {
  const script = join(import.meta.dirname, `reaper-process${extname(import.meta.filename)}`)
  const child = spawn(process.execPath, [script], {
    cwd: '/',
    detached: true, // out of reach of the terminal's Ctrl-C
    stdio: ['pipe', 'ignore', 'ignore'],
    env: reaperEnvironment(),
  })
  const exited = once(child, 'exit')
  child.unref()
  child.stdin.on('error', () => undefined) // a reaper that somebody killed can be told nothing more
  const tell = (order: Order) => void child.stdin.write(`${JSON.stringify(order)}\n`)
  return {
    identity: child.pid === undefined ? undefined : identify(child.pid),
    watch: (charge) => tell({ order: 'watch', charge }),
    release: (charge) => tell({ order: 'release', charge }),
    async [Symbol.asyncDispose]() {
      child.ref()
      child.stdin.end()
      await exited
    },
  }
}

// No NODE_OPTIONS: a loader or coverage hook of the owner's would only delay it. Docker's address is for containers.
function reaperEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|TMPDIR|XDG_.*|DOCKER_.*|TESTCONTAINERS_.*)$/.test(name),
  )
  return Object.fromEntries(kept)
}
