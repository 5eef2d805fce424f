import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresAccount } from '../native/account.ts'
import { LOOPBACK } from '../ports.ts'
import { POSTGRES_OWNER, type ServiceHandle } from '../service.ts'
import { standing } from './ground.ts'

export type PgBouncerOptions = Readonly<{
  /** The PostgreSQL behind it. */
  server: string
  /** URLs with the user and the password of each login that it lets through. */
  logins: readonly string[]
  /** Connections to PostgreSQL per database and login. */
  poolSize: number
  /** Further lines of its configuration. */
  settings?: Readonly<Record<string, string | number>>
}>

/** `throughIt` is the same URL by way of the pooler. */
export type PgBouncer = AsyncDisposable &
  Readonly<{
    pooler: ServiceHandle
    throughIt(url: string): string
  }>

/** PgBouncer in transaction mode. */
export function startPgBouncer({ server, logins, poolSize, settings = {} }: PgBouncerOptions): Promise<PgBouncer> {
  return standing('pgbouncer', async ({ program, home, ports, run }) => {
    const account = await postgresAccount() // it refuses root too
    const [port = 0] = await ports(1)
    const folder = await home('pgbouncer')
    const { hostname, port: behind } = new URL(server)
    const users = new Map(logins.map((login) => new URL(login)).map((url) => [url.username, url.password]))
    users.set(POSTGRES_OWNER, users.get(POSTGRES_OWNER) ?? '')
    const all = {
      listen_addr: LOOPBACK,
      listen_port: port,
      unix_socket_dir: '',
      auth_type: 'trust',
      auth_file: join(folder, 'users.txt'),
      pool_mode: 'transaction',
      default_pool_size: poolSize,
      max_client_conn: 200,
      ...settings,
    }
    const config = join(folder, 'pgbouncer.ini')
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
    await writeFile(
      config,
      `[databases]\n* = host=${hostname} port=${behind || 5432}\n[pgbouncer]\n${lines.join('\n')}\n`,
    )
    await writeFile(all.auth_file, [...users].map(([user, password]) => `"${user}" "${password}"\n`).join(''))
    if (account) await Promise.all([folder, config, all.auth_file].map((path) => chown(path, account.uid, account.gid)))
    const pooler = await run({
      service: 'postgres',
      title: 'PgBouncer',
      port,
      url: `postgres://${LOOPBACK}:${port}`,
      program: join(program.folder, 'pgbouncer'),
      args: [config],
      cwd: folder,
      logFile: join(folder, 'server.log'),
      user: account,
      stopSignal: 'SIGTERM',
      endSignal: 'SIGTERM',
    })
    const throughIt = (text: string): string => Object.assign(new URL(text), { host: `${LOOPBACK}:${port}` }).href
    return { pooler, throughIt }
  })
}
