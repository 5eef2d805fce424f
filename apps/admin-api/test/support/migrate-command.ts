import { programOf } from '@oms/testkit'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Report } from '../../src/migrate-operators/report.ts'

type Around = Readonly<{ folder: string; environmentOf(app: 'admin-api'): Readonly<Record<string, string>> }>

export type Ended = Readonly<{ code: number | null; output: string }>

/** A run that has begun. */
export type Run = Readonly<{ kill(signal: NodeJS.Signals): void; ended: Promise<Ended> }>

/** The command as a process of its own, with its files in the folder of the service. */
export function migrateCommand(service: Around) {
  const told: string[] = []
  const path = (name: string): string => join(service.folder, name)

  function start(args: readonly string[], environment = service.environmentOf('admin-api')): Run {
    const program = programOf('apps/admin-api/src/migrate-operators/main.ts')
    const child = spawn(process.execPath, [...program.args, ...args], {
      cwd: service.folder,
      env: { ...program.environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
      ([[code], stdout, stderr]): Ended => {
        told.push(stdout, stderr)
        return { code: code as number | null, output: stdout + stderr }
      },
    )
    return { kill: (signal) => void child.kill(signal), ended }
  }
  return {
    path,
    start,
    run: (...args: string[]): Promise<Ended> => start(args).ended,
    write: (name: string, content: string): Promise<void> => writeFile(path(name), content),
    async report(name: string): Promise<Report> {
      const content = await readFile(path(name), 'utf8')
      told.push(content)
      return JSON.parse(content) as Report
    },
    /** All that runs have printed, and all reports that were read. */
    told: (): string => told.join('\n'),
  }
}
