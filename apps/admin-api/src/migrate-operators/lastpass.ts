import { parse } from 'csv-parse/sync'
import { open } from 'node:fs/promises'
import { trimmed } from './columns.ts'
import { CouldNotRun, reasonOf } from './could-not-run.ts'
import { type CsvRecord, readCsv } from './csv-file.ts'
import type { FileIndex } from './file-index.ts'
import type { Problem } from './problem.ts'
import type { SheetRow } from './sheet.ts'

export type FoundPassword = Readonly<{ text: string } | { problem: Problem }>

/** The passwords of a LastPass export: where they stand in the file is kept, not they. */
export type LastPass = AsyncDisposable & Readonly<{ passwordFor(row: SheetRow): Promise<FoundPassword> }>

/** Octets of an entry in the file. */
type Place = Pick<CsvRecord, 'start' | 'end'>
type Entries = Map<string, readonly Place[]>
type Fields = Readonly<Record<'name' | 'username' | 'password', number>>

/**
 * An entry belongs to the row with exactly its name; else to the one whose system id is its username, where both are the
 * only one and no row has the entry's name. Rejects with CouldNotRun.
 */
export async function openLastPass(path: string, index: FileIndex): Promise<LastPass> {
  const byName: Entries = new Map()
  const byUsername: Entries = new Map()
  const named = new Set<number>()
  let fields: Fields | undefined
  for await (const { cells, start, end } of readCsv(path).records) {
    if (fields === undefined) {
      fields = readFields(path, cells)
      continue
    }
    const [name, username] = [cellOf(cells, fields.name), cellOf(cells, fields.username)]
    if (index.hasName(name)) {
      add(byName, name, { start, end })
      named.add(start)
    }
    if (index.countOfSystemId(username) > 0) add(byUsername, username, { start, end })
  }
  if (fields === undefined) throw new CouldNotRun(`${path} is empty`)
  const place = fields
  const file = await open(path).catch((error: unknown) => {
    throw new CouldNotRun(`${path} cannot be read: ${reasonOf(error)}`)
  })

  async function textAt({ start, end }: Place): Promise<string> {
    const octets = Buffer.alloc(end - start)
    await file.read(octets, 0, octets.length, start)
    const [cells = []] = parse(octets, { relax_column_count: true, record_delimiter: ['\r\n', '\n', '\r'] })
    return cellOf(cells, place.password)
  }

  return {
    async passwordFor({ name, cells: { system_id: systemId = '' } }) {
      const ofName = byName.get(name.normalize('NFC')) ?? []
      const ofUsername = byUsername.get(systemId) ?? []
      const found = ofName.length > 0 ? ofName : ofUsername
      const [entry] = found
      if (entry === undefined) return notFound('the LastPass export has no entry with this name or username')
      if (found.length > 1) return ambiguous('the LastPass export has more than one entry for this operator')
      if (ofName.length === 0 && named.has(entry.start))
        return notFound('the entry with this username is of another row')
      if (ofName.length === 0 && index.countOfSystemId(systemId) > 1) {
        return ambiguous('more than one row has the system id that is the username of the LastPass entry')
      }
      const text = await textAt(entry)
      return text === '' ? notFound('the LastPass entry has no password') : { text }
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}

function readFields(path: string, header: readonly string[]): Fields {
  const at = (name: string): number => {
    const found = header.findIndex((cell) => trimmed(cell).toLowerCase() === name)
    if (found < 0) throw new CouldNotRun(`${path} is no LastPass export: it has no column ${name}`)
    return found
  }
  return { name: at('name'), username: at('username'), password: at('password') }
}

const cellOf = (cells: readonly string[], index: number): string => trimmed(cells[index] ?? '').normalize('NFC')

const add = (entries: Entries, key: string, place: Place): void =>
  void entries.set(key, [...(entries.get(key) ?? []), place])

const notFound = (message: string): FoundPassword => ({
  problem: { column: 'password', code: 'PASSWORD_NOT_FOUND', message },
})

const ambiguous = (message: string): FoundPassword => ({
  problem: { column: 'password', code: 'PASSWORD_AMBIGUOUS', message },
})
