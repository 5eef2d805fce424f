import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A family as docs/OBSERVABILITY.md has it; `undefined` for the values of an open label. */
export type DocumentedFamily = Readonly<{
  name: string
  type: string
  labels: Readonly<Record<string, readonly string[] | undefined>>
  apps: readonly string[]
}>

const DOCUMENT = resolve(import.meta.dirname, '../../../../docs/OBSERVABILITY.md')
const EVERYWHERE = ['admin-api', 'internal-api', 'health-ingestor']

/** Ours from the generated table, and those of the process and its runtime from the one below it. */
export function documentedMetrics(): readonly DocumentedFamily[] {
  const rows = readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .filter((line) => /^\| `(ops|process|nodejs)_/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' |')
        .map((cell) => cell.trim()),
    )
  return rows.flatMap(([names = '', type = '', labels = '', apps = '']) =>
    names.split(', ').map((quoted) => {
      const name = quoted.replaceAll('`', '')
      return name.startsWith('ops_')
        ? { name, type, labels: labelsIn(labels, '; '), apps: apps.split(', ') }
        : { name, type, labels: labelsIn(labels, ', '), apps: EVERYWHERE }
    }),
  )
}

function labelsIn(cell: string, between: string): DocumentedFamily['labels'] {
  if (cell === '') return {}
  return Object.fromEntries(
    cell.split(between).map((text) => {
      const [, name = '', values] = /^`(\w+)`(?:: (.+)| \(.+\))?$/.exec(text) ?? []
      return [name, values?.split(', ')]
    }),
  )
}
