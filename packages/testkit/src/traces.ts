import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Service } from './service.ts'

/** All that the service has written anywhere but into Vault, as text, by place. */
export type Traces = Readonly<Record<string, string>>

type Asked = Pick<Service, 'app' | 'cache' | 'database' | 'events' | 'output' | 'sql'>

const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const

/** Reads every place; while all three apps run. */
export async function tracesOf(service: Asked): Promise<Traces> {
  const [streams, redis, rows, dump, ...metrics] = await Promise.all([
    streamsOf(service),
    redisOf(service),
    rowsOf(service),
    dumpOf(service),
    ...APPS.map((app) => service.app(app).metrics()),
  ])
  return { output: service.output(), streams, redis, rows, ...dump, metrics: metrics.join('\n') }
}

/** Every message of every stream, headers included. */
async function streamsOf({ events }: Asked): Promise<string> {
  const manager = await events.jetstream.jetstreamManager()
  const lines: string[] = []
  for await (const { config, state } of manager.streams.list()) {
    for (let seq = state.first_seq; state.messages > 0 && seq <= state.last_seq; seq += 1) {
      const { subject, data, header } = await manager.streams.getMessage(config.name, { seq })
      const headers = [...header].map(([name, values]) => `${name}: ${values.join()}`).join('\n')
      lines.push(`${subject}\n${headers}\n${new TextDecoder().decode(data)}`)
    }
  }
  return lines.join('\n')
}

async function redisOf({ cache }: Asked): Promise<string> {
  const keys = await cache.keys('*')
  const values = await Promise.all(keys.map((key) => cache.get(key)))
  return keys.map((key, index) => `${key} ${values[index] ?? ''}`).join('\n')
}

/** Every row of our schema, and the statements that PostgreSQL shows of itself. */
async function rowsOf({ sql }: Asked): Promise<string> {
  const tables = await sql<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'ops'
    UNION ALL SELECT 'pg_stat_activity'
    UNION ALL SELECT 'pg_stat_statements' FROM pg_extension WHERE extname = 'pg_stat_statements'`
  const texts = await Promise.all(
    tables.map(({ name }) => sql.unsafe<{ row: string }[]>(`SELECT t::text AS row FROM ${name} AS t`)),
  )
  return texts.flatMap((rows, index) => rows.map(({ row }) => `${tables[index]?.name} ${row}`)).join('\n')
}

/** What pg_dump says, where the server's own is at hand: not beside one in a container. */
async function dumpOf({ database, sql }: Asked): Promise<Traces> {
  const [bin] = await sql<{ setting: string }[]>`SELECT setting FROM pg_config WHERE name = 'BINDIR'`
  try {
    const program = join(bin?.setting ?? '', 'pg_dump')
    const { stdout } = await promisify(execFile)(program, ['--dbname', database.ownerUrl], { maxBuffer: 2 ** 28 })
    return { pg_dump: stdout }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return {}
  }
}

/** The text as it is and as it could be written down: hexadecimal, octets in decimal, base64 at any offset. */
export function disguisesOf(text: string): readonly string[] {
  const octets = Buffer.from(text)
  const base64 = [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), octets]).toString('base64')
    // Characters that mix with what stands before and after say nothing.
    return shifted.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + octets.length) * 8) / 6))
  })
  return [text, octets.toString('hex'), [...octets].join(','), ...base64, ...base64.map(toBase64Url)]
}

const toBase64Url = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_')

/** Where the text stands, in any disguise. */
export function placesOf(text: string, traces: Traces): readonly string[] {
  const disguises = disguisesOf(text).map((disguise) => disguise.toLowerCase())
  return Object.entries(traces)
    .filter(([, trace]) => disguises.some((disguise) => trace.toLowerCase().includes(disguise)))
    .map(([place]) => place)
}
