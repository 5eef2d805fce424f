import { join } from 'node:path'
import { freePort, isFree, LOOPBACK } from '../ports.ts'
import { privateFolder } from './data-folder.ts'
import type { NativeService } from './native-service.ts'
import type { Program } from './programs.ts'
import { runServer, type ServerCommand } from './server-process.ts'

const ATTEMPTS = 3

export const runNats: NativeService = async ({ program, dir, port, reaper }) => {
  const home = await privateFolder(join(dir, 'nats'))
  // As with the port itself, somebody else may take the one of the monitor before the server does.
  for (let attempt = 1; ; attempt++) {
    const monitor = await freePort()
    try {
      const running = await runServer(natsCommand({ program, home, port }, ['-m', String(monitor)]), reaper)
      return { ...running, monitor: `http://${LOOPBACK}:${monitor}` }
    } catch (error) {
      if (attempt === ATTEMPTS || (await isFree(monitor))) throw error
    }
  }
}

/** nats-server with JetStream in a folder of its own; `settings` as on its command line. */
export const natsCommand = (
  { program, home, port }: Readonly<{ program: Program; home: string; port: number }>,
  settings: readonly string[] = [],
): ServerCommand => ({
  service: 'nats',
  port,
  url: `nats://${LOOPBACK}:${port}`,
  program: join(program.folder, 'nats-server'),
  args: ['-a', LOOPBACK, '-p', String(port), '-js', '-sd', join(home, 'jetstream'), ...settings],
  cwd: home,
  logFile: join(home, 'server.log'),
  user: undefined,
  stopSignal: 'SIGTERM',
  endSignal: 'SIGTERM',
})
