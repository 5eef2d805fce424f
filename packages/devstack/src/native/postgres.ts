import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LOOPBACK } from '../ports.ts'
import { POSTGRES_OWNER } from '../service.ts'
import type { NativeService } from './native-service.ts'
import { type Account, postgresAccount } from './account.ts'
import { postgresFolder, privateFolder } from './data-folder.ts'
import { runServer } from './server-process.ts'

const run = promisify(execFile)

// A crash of the machine costs a throw-away cluster, which is what it is for. A killed server keeps what it has committed.
const CARELESS = ['fsync=off', 'full_page_writes=off']

export const runPostgres: NativeService = async ({ program, dir, durable, port, reaper }) => {
  const account = await postgresAccount()
  const home = await privateFolder(await postgresFolder(dir), account)
  const data = join(home, 'data')
  const password = durable ? await keptPassword(join(home, 'password'), data, account) : undefined
  // PG_VERSION is written early: only the mark of a finished initdb tells a cluster from the remains of one.
  const complete = join(home, 'initialised')
  if (!existsSync(complete)) {
    await rm(data, { recursive: true, force: true })
    await initialise(join(program.folder, 'initdb'), { data, home, account, secured: durable })
    await writeFile(complete, '')
  }
  const settings = [
    `listen_addresses=${LOOPBACK}`,
    'unix_socket_directories=', // a checkout's path may be longer than a socket's name can be
    'max_connections=300',
    ...(durable ? [] : CARELESS),
  ]
  return runServer(
    {
      service: 'postgres',
      port,
      url: `postgres://${POSTGRES_OWNER}${password ? `:${password}` : ''}@${LOOPBACK}:${port}/postgres`,
      program: join(program.folder, 'postgres'),
      args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      cwd: home,
      logFile: join(home, 'server.log'),
      user: account,
      stopSignal: 'SIGINT', // fast shutdown: sessions ended, checkpoint written
      endSignal: durable ? 'SIGINT' : 'SIGQUIT', // immediate shutdown, which still frees its shared memory
    },
    reaper,
  )
}

type Cluster = Readonly<{ data: string; home: string; account: Account | undefined; secured: boolean }>

async function initialise(initdb: string, { data, home, account, secured }: Cluster): Promise<void> {
  const access = secured ? ['-A', 'scram-sha-256', '--pwfile', join(home, 'password')] : ['-A', 'trust']
  const flags = ['-D', data, '-U', POSTGRES_OWNER, '-E', 'UTF8', '--locale=C', '--no-sync', ...access]
  await run(initdb, flags, { cwd: home, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, ...account })
}

// Made once, beside the data that it opens.
async function keptPassword(file: string, data: string, account: Account | undefined): Promise<string> {
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim()
  if (existsSync(data))
    throw new Error(`${file} is gone, and ${data} cannot be opened without it: begin with fresh data`)
  const password = randomBytes(24).toString('base64url')
  await writeFile(file, password, { mode: 0o600, flag: 'wx' })
  if (account) await chown(file, account.uid, account.gid)
  return password
}
