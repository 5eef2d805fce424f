import { type AppName, CHECKOUT } from '@oms/devstack/local'
import { execFile } from 'node:child_process'
import { programOf } from './program.ts'

export type Ended = Readonly<{ code: number | null; stdout: string; stderr: string }>

const END_WITHIN_MS = 60_000

/** Runs the main of an app with nothing around it and exactly this environment, until it ends by itself. */
export const runApp = (app: AppName, environment: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((resolve) => {
    const { args } = programOf(`apps/${app}/src/main.ts`)
    const options = { cwd: CHECKOUT, env: { ...environment }, timeout: END_WITHIN_MS, killSignal: 'SIGKILL' } as const
    const child = execFile(process.execPath, args, options, (_failure, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
  })
