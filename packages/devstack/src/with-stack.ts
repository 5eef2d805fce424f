// node --conditions=@oms/source with-stack.ts COMMAND [ARGUMENT …]
// Runs the command with PostgreSQL, Redis and NATS, which everything below it shares, and ends as it ends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { argv, env, stderr, stdin } from 'node:process'
import { startDevstack } from './devstack.ts'
import { sharedStack, sharing } from './environment.ts'
import { DevstackUnavailable } from './unavailable.ts'

const USAGE = 64 // sysexits(3)
const UNAVAILABLE = 69
const NOT_FOUND = 127 // as sh(1) answers

const [command, ...args] = argv.slice(2)

if (command === undefined) {
  stderr.write('usage: with-stack COMMAND [ARGUMENT …]\n')
  process.exitCode = USAGE
} else if (sharedStack()) {
  process.exitCode = await run(command, args, env)
} else {
  try {
    await using stack = await startDevstack({ onProgress: (line) => stderr.write(`devstack: ${line}\n`) })
    process.exitCode = await run(command, args, sharing(stack))
  } catch (error) {
    if (!(error instanceof DevstackUnavailable)) throw error
    stderr.write(`devstack: ${error.message}\n`)
    process.exitCode = UNAVAILABLE
  }
}

async function run(program: string, programArgs: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, programArgs, { stdio: 'inherit', env: environment })
  // The command decides what a signal means; this process only passes it on and waits. A terminal's Ctrl-C has reached the
  // command already, and a second one often means "at once".
  const pass = (name: NodeJS.Signals) => {
    if (name !== 'SIGINT' || !stdin.isTTY) child.kill(name)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, pass)
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + (signal ? constants.signals[signal] : 0)
  } catch {
    stderr.write(`with-stack: ${program} cannot be run\n`)
    return NOT_FOUND
  } finally {
    for (const name of signals) process.off(name, pass)
  }
}
