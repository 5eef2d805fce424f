import { type Static, Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { createReadStream } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { CouldNotRun, reasonOf } from './could-not-run.ts'

const Count = Type.Integer({ minimum: 0 })

const Head = Type.Object({
  mode: Type.Unsafe<'dry-run' | 'apply'>({ type: 'string', enum: ['dry-run', 'apply'] }),
  source: Type.String(),
  sourceSha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  startedAt: Type.String(),
  finishedAt: Type.String(),
  /** There when a signal or an outage ended the run: rows that it did not come to are not in the report. */
  interrupted: Type.Optional(Type.Literal(true)),
  summary: Type.Object({ rows: Count, created: Count, skipped: Count, failed: Count, rulesCreated: Count }),
  unknownColumns: Type.Array(Type.String()),
})
export type ReportHead = Static<typeof Head>

const Row = Type.Object({
  line: Count,
  name: Type.String(),
  outcome: Type.Unsafe<'created' | 'skipped' | 'failed'>({ type: 'string', enum: ['created', 'skipped', 'failed'] }),
  operatorId: Type.Optional(Type.String()),
  warnings: Type.Array(Type.Object({ code: Type.String() })),
})
const Report = Type.Intersect([Head, Type.Object({ rows: Type.Array(Row) })])
export type Report = Static<typeof Report>

/** What the reports of a migration and of a rollback have in common. */
const AnyHead = Type.Object({
  mode: Type.String(),
  startedAt: Type.String(),
  summary: Type.Record(Type.String(), Count),
})
type AnyHead = Static<typeof AnyHead>

const ajv = new Ajv({ strict: false })
const isAnyHead = ajv.compile<AnyHead>(AnyHead)
const isHead = ajv.compile<ReportHead>(Head)
const isReport = ajv.compile<Report>(Report)

/** Where the rows begin: `"rows": [` can stand in no JSON text, for its quotes would be escaped. */
const ROWS = /"rows"\s*:\s*\[/
const MAX_HEAD_CHARACTERS = 1_000_000

/** What stands before a report's rows, which are not read. Rejects with CouldNotRun. */
export const readReportHead = (path: string): Promise<ReportHead> => readHead(path, isHead)

async function readHead<T>(path: string, is: (value: unknown) => value is T): Promise<T> {
  let text = ''
  try {
    for await (const chunk of createReadStream(path, 'utf8')) {
      text += String(chunk)
      const found = ROWS.exec(text)
      if (found !== null) return parsed(path, `${text.slice(0, found.index)}"rows": []}`, is)
      if (text.length > MAX_HEAD_CHARACTERS) break
    }
  } catch (error) {
    throw unreadable(path, error)
  }
  throw new CouldNotRun(`${path} is no report of this command`)
}

/** The whole report: for what it lists there is work to be done. Rejects with CouldNotRun. */
export async function readReport(path: string): Promise<Report> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error)
  })
  return parsed(path, text, isReport)
}

/**
 * Copies a report of a run or a rollback that wrote something out of the way of the next one, for nothing else lists what was
 * done. Returns where. Rejects with CouldNotRun when something else than a report is in the place.
 */
export async function keepEarlierReport(path: string): Promise<string | undefined> {
  const head = await readHead(path, isAnyHead).catch((error: unknown) => {
    if (error instanceof CouldNotRun && isMissing(error.cause)) return undefined
    throw error
  })
  if (head === undefined || head.mode.endsWith('dry-run')) return undefined
  const { created = 0, failed = 0, deleted = 0 } = head.summary
  if (created + failed + deleted === 0) return undefined
  const kept = `${path}.${head.startedAt.replaceAll(/[^0-9TZ]/g, '')}`
  await copyFile(path, kept)
  return kept
}

function parsed<T>(path: string, text: string, is: (value: unknown) => value is T): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (!is(value)) throw new CouldNotRun(`${path} is no report of this command`)
  return value
}

const unreadable = (path: string, error: unknown): CouldNotRun =>
  error instanceof CouldNotRun ? error : new CouldNotRun(`${path} cannot be read: ${reasonOf(error)}`, { cause: error })

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
