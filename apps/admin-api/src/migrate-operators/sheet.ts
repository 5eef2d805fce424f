import { type Cells, type Column, type Header, readHeader, trimmed } from './columns.ts'
import { CouldNotRun } from './could-not-run.ts'
import { type CsvFile, type CsvRecord, readCsv } from './csv-file.ts'

export type SheetRow = Readonly<{
  line: number
  /** As written, blanks around it apart; empty when the cell is blank. */
  name: string
  cells: Cells
  /** Something stands to the right of the last column, so the cells may have moved. */
  overlong: boolean
  /** The file ends the row before its last column. */
  short: boolean
}>

export type Sheet = Header & Pick<CsvFile, 'sha256'> & Readonly<{ rows: AsyncIterable<SheetRow> }>

/** Reads the header now, and the rows as they are asked for. Rejects with CouldNotRun, and so do the rows. */
export async function openSheet(path: string): Promise<Sheet> {
  const { records, sha256 } = readCsv(path)
  const iterator = records[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) throw new CouldNotRun(`${path} is empty`)
  const header = readHeader(first.value.cells)
  return { ...header, sha256, rows: rowsOf(iterator, header.columns) }
}

async function* rowsOf(
  records: AsyncIterator<CsvRecord>,
  columns: readonly (Column | undefined)[],
): AsyncGenerator<SheetRow> {
  for await (const record of { [Symbol.asyncIterator]: () => records }) yield rowOf(record, columns)
}

function rowOf({ line, cells }: CsvRecord, columns: readonly (Column | undefined)[]): SheetRow {
  const given: Partial<Record<Column, string>> = {}
  for (const [index, column] of columns.entries()) {
    const text = trimmed(cells[index] ?? '')
    if (column !== undefined && text !== '') given[column] = text
  }
  return {
    line,
    name: given.name ?? '',
    cells: given,
    overlong: cells.slice(columns.length).some((cell) => trimmed(cell) !== ''),
    short: cells.length < columns.length,
  }
}
