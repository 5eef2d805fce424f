import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'

const running = new Set<ChildProcess>()

/** Starts a program that a signal sent to this process reaches too; this process then ends after the last of them. */
export function startChild(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options)
  running.add(child)
  child.on('error', () => running.delete(child)).on('exit', () => running.delete(child))
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

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    const end = () => {
      if (running.size === 0) process.exit(128 + constants.signals[signal])
    }
    for (const child of running) child.on('exit', end).kill(signal)
    end()
  })
}
