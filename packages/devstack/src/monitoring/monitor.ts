import { join } from 'node:path'
import { freePort, LOOPBACK } from '../ports.ts'
import { PROGRAM_TITLES } from '../native/programs.ts'
import type { Progress, ServiceHandle } from '../service.ts'
import { standing } from '../topologies/ground.ts'

/** Prometheus or Alertmanager on loopback; `url` is also that of its page. */
export type Monitor = AsyncDisposable & Readonly<{ url: string; server: ServiceHandle }>

export type MonitorOptions = Readonly<{
  /** Keeps what it knows over restarts; else that ends with it. */
  dir?: string
  /** Taken if it is free. */
  port?: number
  onProgress?: Progress
}>

type At = Readonly<{ home: string; port: number; url: string }>

/** `prepare` writes the configuration and gives the arguments. */
export async function startMonitor(
  name: 'prometheus' | 'alertmanager',
  { dir, port: wish, onProgress = () => undefined }: MonitorOptions,
  prepare: (at: At) => Promise<readonly string[]>,
): Promise<Monitor> {
  const title = PROGRAM_TITLES[name]
  const monitor = await standing(
    name,
    async ({ program, home, run }) => {
      const folder = await home(name)
      const port = await freePort(wish)
      const url = `http://${LOOPBACK}:${port}`
      const server = await run({
        service: 'prometheus',
        title,
        port,
        url,
        program: program.main,
        args: await prepare({ home: folder, port, url }),
        cwd: folder,
        logFile: join(folder, 'server.log'),
        user: undefined,
        stopSignal: 'SIGTERM',
        endSignal: 'SIGTERM',
      })
      return { url, server }
    },
    { onProgress, ...(dir === undefined ? {} : { dir }) },
  )
  if (wish !== undefined && monitor.server.port !== wish)
    onProgress(`Port ${wish} is taken, so ${title} takes ${monitor.server.port}`)
  return monitor
}
