import { CouldNotRun } from './could-not-run.ts'

export const COLUMNS = [
  'name',
  'status',
  'host',
  'port',
  'system_id',
  'system_type',
  'bind_type',
  'password',
  'max_tps',
  'burst_multiplier',
  'enforcement_mode',
  'notes',
  'mno',
  'prefixes',
  'priority',
  'weight',
  'cost_per_segment',
  'currency',
  'mcc',
  'mnc',
] as const
export type Column = (typeof COLUMNS)[number]

/** Those that describe rules; the others describe the operator. */
export const RULE_COLUMNS = ['prefixes', 'priority', 'weight', 'cost_per_segment', 'currency', 'mcc', 'mnc'] as const

/** Without them no row could be an operator. The password may come from elsewhere. */
const REQUIRED = ['name', 'host', 'port', 'system_id', 'bind_type', 'max_tps'] as const satisfies readonly Column[]

/** The cells of a row that are not blank, without the blanks around them. */
export type Cells = Readonly<Partial<Record<Column, string>>>

export type Header = Readonly<{
  /** By position; undefined where we do not know the column. */
  columns: readonly (Column | undefined)[]
  /** As the file writes them. */
  unknownColumns: readonly string[]
}>

/** Names in any case, with blanks, underscores, hyphens or nothing between their words. Throws CouldNotRun. */
export function readHeader(names: readonly string[]): Header {
  const columns = names.map((name) => BY_FOLDED_NAME.get(fold(name)))
  const known = columns.filter((column) => column !== undefined)
  const twice = known.find((column, index) => known.indexOf(column) !== index)
  if (twice !== undefined) throw new CouldNotRun(`the sheet has more than one column ${twice}`)
  const missing = REQUIRED.filter((column) => !known.includes(column))
  if (missing.length > 0) {
    const hint = names.length === 1 && /[;\t]/.test(names[0] ?? '') ? SEPARATED_OTHERWISE : ''
    throw new CouldNotRun(`the first row of the sheet lacks ${missing.join(', ')}${hint}`)
  }
  const unknownColumns = names.flatMap((name, index) =>
    columns[index] === undefined ? [trimmed(name) || `(column ${index + 1})`] : [],
  )
  return { columns, unknownColumns }
}

const SEPARATED_OTHERWISE = ': its cells must be separated by commas, not by semicolons or tabs'

/** Blanks as spreadsheets leave them: no-break spaces and zero-width ones, too. */
export const trimmed = (text: string): string => text.replace(/^[\s\u200b\u2060]+|[\s\u200b\u2060]+$/g, '')

const fold = (name: string): string => name.toLowerCase().replace(/[\s\u200b_-]+/g, '')

const BY_FOLDED_NAME: ReadonlyMap<string, Column> = new Map(COLUMNS.map((column) => [fold(column), column]))
