import { join } from 'node:path'
import { LOOPBACK } from '../ports.ts'
import { privateFolder } from './data-folder.ts'
import type { NativeService } from './native-service.ts'
import { runServer } from './server-process.ts'

export const runNats: NativeService = async ({ program, dir, port, reaper }) => {
  const home = await privateFolder(join(dir, 'nats'))
  return runServer(
    {
      service: 'nats',
      port,
      url: `nats://${LOOPBACK}:${port}`,
      program: join(program.folder, 'nats-server'),
      args: ['-a', LOOPBACK, '-p', String(port), '-js', '-sd', join(home, 'jetstream')],
      cwd: home,
      logFile: join(home, 'server.log'),
      user: undefined,
      stopSignal: 'SIGTERM',
      endSignal: 'SIGTERM',
    },
    reaper,
  )
}
