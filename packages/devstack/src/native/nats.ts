import { join } from 'node:path'
import { LOOPBACK } from '../ports.ts'
import { privateFolder } from './data-folder.ts'
import type { NativeService } from './native-service.ts'
import type { Program } from './programs.ts'
import { runServer, type ServerCommand } from './server-process.ts'

export const runNats: NativeService = async ({ program, dir, port, reaper }) => {
  const home = await privateFolder(join(dir, 'nats'))
  return runServer(natsCommand({ program, home, port }), reaper)
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
