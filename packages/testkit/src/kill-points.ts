import { readFileSync } from 'node:fs'

type Asynchronous<Port> = {
  [Method in keyof Port]: Port[Method] extends (...args: never[]) => Promise<unknown> ? Method : never
}[keyof Port] &
  string

/** The way into or out of a method of a port, such as `after credentials.write`. */
export type KillPoint<Ports> = {
  [Name in keyof Ports & string]: `${'before' | 'after'} ${Name}.${Asynchronous<Ports[Name]>}`
}[keyof Ports & string]

/** Ends this process at once, as SIGKILL does, when `point` is the one that is set. */
export type DieAt = (point: string) => void

/** The environment variable that tells a test's own composition root where the point to die at is written. */
export const KILL_POINT_FILE = 'KILL_POINT_FILE'

/** Looks into `file` at each point: the test writes it while the process runs, and there is none when it shall live. */
export const dieAtPointIn =
  (file: string): DieAt =>
  (point) => {
    if (read(file) === point) process.kill(process.pid, 'SIGKILL')
  }

/** `port` itself, but mortal on the way into and out of each of its methods. */
export function mortal<Port extends object>(name: string, port: Port, dieAt: DieAt): Port {
  const methods = Object.entries(port).map(([method, member]: [string, unknown]) => {
    if (typeof member !== 'function') return [method, member] as const
    const call = member as (...args: readonly unknown[]) => unknown
    return [
      method,
      async (...args: readonly unknown[]) => {
        dieAt(`before ${name}.${method}`)
        const answer = await call(...args)
        dieAt(`after ${name}.${method}`)
        return answer
      },
    ] as const
  })
  return Object.fromEntries(methods) as Port
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
