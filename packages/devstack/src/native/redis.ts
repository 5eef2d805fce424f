import { join } from 'node:path'
import { LOOPBACK } from '../ports.ts'
import { privateFolder } from './data-folder.ts'
import type { NativeService } from './native-service.ts'
import type { Program } from './programs.ts'
import { runServer, type ServerCommand } from './server-process.ts'

export const runRedis: NativeService = async ({ program, dir, durable, port, reaper }) => {
  const home = await privateFolder(join(dir, 'redis'))
  return runServer(redisCommand({ program, home, port }, ['--appendonly', durable ? 'yes' : 'no']), reaper)
}

/** redis-server in a folder of its own; `settings` as on its command line. */
export const redisCommand = (
  { program, home, port }: Readonly<{ program: Program; home: string; port: number }>,
  settings: readonly string[],
): ServerCommand => ({
  service: 'redis',
  port,
  url: `redis://${LOOPBACK}:${port}`,
  program: join(program.folder, 'redis-server'),
  args: ['--port', String(port), '--bind', LOOPBACK, '--dir', home, '--save', '', ...settings],
  cwd: home,
  logFile: join(home, 'server.log'),
  user: undefined,
  stopSignal: 'SIGTERM',
  endSignal: 'SIGTERM',
})
