import { join } from 'node:path'
import { LOOPBACK } from '../ports.ts'
import { privateFolder } from './data-folder.ts'
import type { NativeService } from './native-service.ts'
import { runServer } from './server-process.ts'

export const runRedis: NativeService = async ({ program, dir, durable, port, reaper }) => {
  const home = await privateFolder(join(dir, 'redis'))
  return runServer(
    {
      service: 'redis',
      port,
      url: `redis://${LOOPBACK}:${port}`,
      program: join(program.folder, 'redis-server'),
      args: [
        ...['--port', String(port), '--bind', LOOPBACK, '--dir', home],
        ...['--save', '', '--appendonly', durable ? 'yes' : 'no'],
      ],
      cwd: home,
      logFile: join(home, 'server.log'),
      user: undefined,
      stopSignal: 'SIGTERM',
      endSignal: 'SIGTERM',
    },
    reaper,
  )
}
