import { CsvError, type Info, parse } from 'csv-parse'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline, Transform } from 'node:stream'
import { trimmed } from './columns.ts'
import { CouldNotRun, reasonOf } from './could-not-run.ts'

/** A record that is not empty. */
export type CsvRecord = Readonly<{
  /** Where it starts, counted as an editor does: a quoted cell may hold line ends. */
  line: number
  cells: readonly string[]
  /** Octets of the file, from `start` up to but not with `end`. */
  start: number
  end: number
}>

export type CsvFile = Readonly<{
  records: AsyncIterable<CsvRecord>
  /** Hexadecimal SHA-256 of the octets that went by: of the whole file when `records` has ended. */
  sha256(): string
}>

/** A quote that nobody closed would take in the rest of the file. */
const MAX_RECORD_CHARACTERS = 1_000_000

/**
 * Reads RFC 4180 with a BOM or without and any line ends, never holding more than a record. `records` rejects with
 * CouldNotRun; it never repeats what the file holds.
 */
export function readCsv(path: string): CsvFile {
  const hash = createHash('sha256')
  let digest: string | undefined
  return {
    records: recordsOf(path, (octets) => hash.update(octets)),
    sha256: () => (digest ??= hash.digest('hex')),
  }
}

type Parsed = Readonly<{ record: readonly string[]; raw: string; info: Info }>

async function* recordsOf(path: string, onOctets: (octets: Buffer) => void): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    info: true,
    // The parser's own line counter takes a quoted CRLF for two lines.
    raw: true,
  })
  // Its callback has nothing to add: an error destroys the parser, and reading from that rejects.
  pipeline(createReadStream(path), utf8Only(path, onOctets), parser, () => undefined)
  let line = 1
  let start = 0
  try {
    for await (const { record, raw, info } of parser as AsyncIterable<Parsed>) {
      if (record.some((cell) => trimmed(cell) !== '')) yield { line, cells: record, start, end: info.bytes }
      line += raw.match(/\r\n|\r|\n/g)?.length ?? 0
      start = info.bytes
    }
  } catch (error) {
    throw couldNotRead(path, error)
  }
}

function utf8Only(path: string, onOctets: (octets: Buffer) => void): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const check = (octets?: Buffer): CouldNotRun | null => {
    try {
      decoder.decode(octets, { stream: octets !== undefined })
      return null
    } catch {
      return new CouldNotRun(`${path} is not UTF-8: export it as CSV in UTF-8`)
    }
  }
  return new Transform({
    transform(octets: Buffer, _encoding, done) {
      onOctets(octets)
      done(check(octets), octets)
    },
    flush: (done) => done(check()),
  })
}

/** What csv-parse says in words may quote a cell; its code and line do not. */
function couldNotRead(path: string, error: unknown): CouldNotRun {
  if (error instanceof CouldNotRun) return error
  if (!(error instanceof CsvError)) return new CouldNotRun(`${path} cannot be read: ${reasonOf(error)}`)
  const near = typeof error.lines === 'number' ? ` near line ${error.lines}` : ''
  return new CouldNotRun(`${path} is no CSV${near}: ${FAULTS[error.code] ?? error.code}`)
}

const FAULTS: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote, or an earlier quote was never closed',
  CSV_MAX_RECORD_SIZE: 'a row is longer than a million characters, or a quote was never closed',
  CSV_QUOTE_NOT_CLOSED: 'a quote was never closed',
  INVALID_OPENING_QUOTE: 'there is a quote in the middle of an unquoted cell',
}
