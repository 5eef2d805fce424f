// docs/OBSERVABILITY.md is written by hand but for its tables of metrics, alerts and dashboards, which come from what
// makes them.
import { FAMILIES, type Family } from '@oms/adapters/telemetry'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { dashboards } from '../grafana/src/dashboards.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const RULES = 'infra/prometheus/rules'

export const OBSERVABILITY = 'docs/OBSERVABILITY.md'

type Alert = Readonly<{
  alert: string
  for?: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
}>
type RuleFile = Readonly<{ groups: readonly Readonly<{ rules: readonly (Alert | Readonly<{ record: string }>)[] }>[] }>

/** The document as it stands, with its tables made anew. Throws where one of them has no place. */
export async function observabilityDocument(): Promise<string> {
  const tables = {
    metrics: metricsTable(),
    alerts: alertsTable(await alerts()),
    dashboards: dashboardsTable(await dashboards()),
  }
  return Object.entries(tables).reduce(
    (text, [name, table]) => withBlock(text, name, table),
    await readFile(join(ROOT, OBSERVABILITY), 'utf8'),
  )
}

function withBlock(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, '<!-- /generated -->']
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`${OBSERVABILITY} has no place for its table of ${name}`)
  return `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`
}

const metricsTable = (): string =>
  table(
    ['Metric', 'Type', 'Labels', 'Shown by', 'Meaning'],
    Object.values<Family>(FAMILIES).map(({ name, kind, labels, apps, help }) => [
      `\`${name}\``,
      kind,
      Object.entries(labels).map(describeLabel).join('; '),
      apps.join(', '),
      help,
    ]),
  )

/** Values that are known are listed after a colon; what an open label holds stands in parentheses. */
const describeLabel = ([label, values]: readonly [string, Family['labels'][string]]): string =>
  typeof values === 'string' ? `\`${label}\` (${values})` : `\`${label}\`: ${values.join(', ')}`

async function alerts(): Promise<readonly Alert[]> {
  const files = await readdir(join(ROOT, RULES))
  const parsed = await Promise.all(
    files
      .filter((file) => file.endsWith('.yml'))
      .map(async (file) => parse(await readFile(join(ROOT, RULES, file), 'utf8')) as RuleFile),
  )
  return parsed.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule)))
}

const alertsTable = (found: readonly Alert[]): string =>
  table(
    ['Alert', 'Severity', 'Says', 'After', 'Silenced by', 'Runbook'],
    found
      .map(({ alert, labels, annotations, for: after = 'at once' }) => [
        alert,
        labels.severity ?? '',
        withoutTemplates(annotations.summary ?? ''),
        after,
        (labels.depends_on ?? '').replaceAll(',', ', '),
        runbookLink(annotations.runbook_url ?? ''),
      ])
      .toSorted((a, b) => (a.join() < b.join() ? -1 : 1)),
  )

/** `{{ $labels.job }}` as `‹job›`: which one stands in the alert itself. */
const withoutTemplates = (text: string): string =>
  text.replaceAll(/\{\{ *\$(?:labels\.)?(\w+)[^}]*\}\}/g, (_, name: string) => `‹${name}›`)

function runbookLink(url: string): string {
  const [, file] = /\/runbooks\/([\w-]+\.md)$/.exec(url) ?? []
  return file === undefined ? '' : `[${file}](../runbooks/${file})`
}

const dashboardsTable = (all: Awaited<ReturnType<typeof dashboards>>): string =>
  table(
    ['Dashboard', 'uid', 'Panels', 'What for'],
    Object.entries(all).map(([file, { title, uid, description, panels }]) => [
      `[${title}](../infra/grafana/dashboards/${file}.json)`,
      `\`${uid}\``,
      String((panels ?? []).filter(({ type }) => type !== 'row').length),
      description ?? '',
    ]),
  )

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows.map((row) => row.map(inCell))].map((row) => `| ${row.join(' | ')} |`).join('\n')

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()
