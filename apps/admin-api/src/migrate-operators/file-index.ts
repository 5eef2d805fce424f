import { host, isDomainError } from '@oms/domain'
import { hash } from 'node:crypto'
import { numberCell } from './cells/number-cell.ts'
import { openSheet, type SheetRow } from './sheet.ts'

/** What the first reading of the sheet leaves in memory: digests and counts. */
export type FileIndex = Readonly<{
  sha256: string
  unknownColumns: readonly string[]
  rows: number
  /** The row that first describes the operator of this one: often the row itself. */
  firstLineOf(row: SheetRow): number
  /** Whether a later row names the operator of this first one again. */
  isRepeated(line: number): boolean
  hasName(name: string): boolean
  /** How many operators of the sheet have it. */
  countOfSystemId(systemId: string): number
}>

/** Rejects with CouldNotRun. */
export async function indexSheet(path: string): Promise<FileIndex> {
  const sheet = await openSheet(path)
  const firsts = new Map<string, number>()
  const repeated = new Set<number>()
  const names = new Set<string>()
  const systemIds = new Map<string, number>()
  let rows = 0
  for await (const row of sheet.rows) {
    rows += 1
    names.add(digest(row.name.normalize('NFC')))
    const keys = keysOf(row)
    const first = keys.map((key) => firsts.get(key)).find((line) => line !== undefined)
    if (first !== undefined) {
      repeated.add(first)
      continue
    }
    for (const key of keys) firsts.set(key, row.line)
    const { system_id: systemId } = row.cells
    if (systemId !== undefined) systemIds.set(systemId, (systemIds.get(systemId) ?? 0) + 1)
  }
  return {
    sha256: sheet.sha256(),
    unknownColumns: sheet.unknownColumns,
    rows,
    firstLineOf: (row) =>
      keysOf(row)
        .map((key) => firsts.get(key))
        .find((line) => line !== undefined) ?? row.line,
    isRepeated: (line) => repeated.has(line),
    hasName: (name) => names.has(digest(name.normalize('NFC'))),
    countOfSystemId: (systemId) => systemIds.get(systemId) ?? 0,
  }
}

/** What an operator alone may have: its name in any case, and its endpoint. */
function keysOf({ name, cells }: SheetRow): string[] {
  const { host: hostCell, port, system_id: systemId } = cells
  const keys = name === '' ? [] : [digest(`name ${foldedName(name)}`)]
  if (hostCell === undefined || port === undefined || systemId === undefined) return keys
  return [...keys, digest(`endpoint ${JSON.stringify([canonicalHost(hostCell), numberCell(port) ?? port, systemId])}`)]
}

export const foldedName = (name: string): string => name.normalize('NFC').toLowerCase()

/** As it will be stored, or as it is written where it cannot be. */
export function canonicalHost(text: string): string {
  try {
    return host(text)
  } catch (error) {
    if (!isDomainError(error)) throw error
    return text
  }
}

const digest = (text: string): string => hash('sha256', text, 'base64').slice(0, 24)
