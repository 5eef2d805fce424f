import type { Machine } from './machine.ts'
import type { Result } from './result.ts'

export type Report = Readonly<{ machine: Machine; quick: boolean; results: readonly Result[] }>

const HEAD = ['', 'ours', 'baseline', 'ratio', 'goal', '', 'spread', 'remarks'] as const
const TEXT_COLUMNS: ReadonlySet<number> = new Set([0, HEAD.length - 1])

/** A Markdown table. */
export function table(results: readonly Result[]): string {
  const rows = results.map(({ name, unit, ours, baseline, ratio, bound, goal, absolute, met, spread, remarks }) => [
    name,
    `${figure(ours)} ${unit}`,
    `${figure(baseline)} ${unit}`,
    ratio.toFixed(2),
    `${bound === 'at most' ? '≤' : '≥'} ${goal}${absolute ? ` ${unit}` : ''}`,
    met ? 'met' : 'MISSED',
    `${Math.round(spread * 100)} %`,
    remarks.join(', '),
  ])
  const widths = HEAD.map((head, column) => Math.max(3, head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(row[column] ?? '', column, width)).join(' | ')} |`
  const rules = widths.map((width, column) =>
    TEXT_COLUMNS.has(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [HEAD, rules, ...rows].map(line).join('\n')
}

const pad = (cell: string, column: number, width: number): string =>
  TEXT_COLUMNS.has(column) ? cell.padEnd(width) : cell.padStart(width)

/** Three digits, or all that stand before the point. */
export const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value

/** One line per result, so that a reader finds it and a diff shows it. */
export function json({ machine, quick, results }: Report): string {
  const lines = results.map((result) => `    ${JSON.stringify(result, rounded)}`)
  return `{\n  "machine": ${JSON.stringify(machine, rounded)},\n  "quick": ${quick},\n  "results": [\n${lines.join(',\n')}\n  ]\n}\n`
}
