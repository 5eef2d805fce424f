import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'

const running = new Set<ChildProcess>()
let ending: NodeJS.Signals | undefined

/** Starts a program that a signal sent to this process reaches too; this process then ends after the last of them. */
export function startChild(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options)
  const gone = () => {
    running.delete(child)
    endWithTheLast()
  }
  running.add(child)
  child.on('error', gone).on('exit', gone)
  if (ending) child.kill(ending)
  return child
}

/** Its exit code, 128 + n if signal n ended it. Rejects when it cannot be started. */
export function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child
      .on('error', reject)
      .on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']))
  })
}

function endWithTheLast(): void {
  if (ending && running.size === 0) process.exit(128 + constants.signals[ending])
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    ending = signal
    for (const child of running) child.kill(signal)
    endWithTheLast()
  })
}
