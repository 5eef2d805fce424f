import { type App, createMetrics, FAMILIES, type Family } from '@oms/adapters/telemetry'
import { groupingLabelsOf, type LabelMatcher, selectorsOf } from './promql.ts'
import { readRules, recordsIn } from './rule-files.ts'

/** `values`: of each label that an expression may name, those that it can have; none when it is open. */
type Known = Readonly<{ apps: readonly App[]; values: Readonly<Record<string, readonly string[]>> }>

const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const satisfies readonly App[]
/** Of every series that Prometheus scrapes. */
const TARGET = { job: APPS, instance: [] }

/** Labels of the metrics of Node itself. */
const OF_NODE = { kind: [], space: [], type: [] }

/** Every metric that an expression may name: what apps show and what rules record. */
export async function knownMetrics(): Promise<ReadonlyMap<string, Known>> {
  return new Map([
    ['up', { apps: APPS, values: TARGET }],
    ...(await ofEveryProcess()),
    ...ours(),
    ...(await recorded()),
  ])
}

function ours(): [string, Known][] {
  return Object.values<Family>(FAMILIES).flatMap(({ name, kind, apps, labels }) => {
    const values = Object.entries(labels).map(([label, of]) => [label, typeof of === 'string' ? [] : of] as const)
    return shown(name, kind, { apps, values: { ...Object.fromEntries(values), ...TARGET } })
  })
}

/** `process_*` and `nodejs_*`, as prom-client declares them. */
async function ofEveryProcess(): Promise<[string, Known][]> {
  const { body } = await createMetrics({ app: 'admin-api', version: 'any' }).render()
  const declared = [...body.matchAll(/^# TYPE ((?:process|nodejs)_\w+) (\w+)$/gm)]
  return declared.flatMap(([, name = '', kind = '']) =>
    shown(name, kind, { apps: APPS, values: { ...OF_NODE, ...TARGET } }),
  )
}

/** The series under which a family is shown. */
function shown(name: string, kind: string, known: Known): [string, Known][] {
  if (kind !== 'histogram') return [[name, known]]
  return [
    [`${name}_bucket`, { ...known, values: { ...known.values, le: [] } }],
    [`${name}_count`, known],
    [`${name}_sum`, known],
  ]
}

/** With the labels that a rule gives them, and those that its expression keeps. */
async function recorded(): Promise<[string, Known][]> {
  const rules = recordsIn(await readRules())
  return [...new Set(rules.map(({ record }) => record))].map((record) => {
    const [level = ''] = record.split(':')
    const values = new Map(level.split('_').map((label) => [label, new Set<string>()]))
    for (const rule of rules.filter((each) => each.record === record)) {
      for (const [label, value] of Object.entries(rule.labels ?? {})) {
        values.set(label, (values.get(label) ?? new Set()).add(value))
      }
    }
    return [record, { apps: [], values: Object.fromEntries([...values].map(([label, of]) => [label, [...of]])) }]
  })
}

/**
 * What is wrong with the metrics and labels of an expression, in words: metrics that no app shows and no rule records,
 * labels that they do not have, values that these cannot take, apps that do not show them. Throws a SyntaxError on what is
 * not PromQL.
 */
export function objectionsTo(expression: string, metrics: ReadonlyMap<string, Known>): readonly string[] {
  const selectors = selectorsOf(expression)
  const about = selectors.flatMap(({ metric, labels }) => {
    const known = metrics.get(metric)
    if (known === undefined) return [`${metric} is no metric`]
    return labels.flatMap((label) => objectionsToMatcher(metric, known, label))
  })
  const labels = new Set(selectors.flatMap(({ metric }) => Object.keys(metrics.get(metric)?.values ?? {})))
  const groupings = groupingLabelsOf(expression).filter((label) => !labels.has(label))
  return [...about, ...groupings.map((label) => `nothing there has the label ${label}`)]
}

function objectionsToMatcher(metric: string, known: Known, { name, op, value }: LabelMatcher): readonly string[] {
  const values = known.values[name]
  if (values === undefined) return [`${metric} has no label ${name}`]
  // A variable of a dashboard or a template stands for any of them; only plain alternatives are looked into.
  if (values.length === 0 || /[^\w|.:/-]/.test(value)) return []
  const asked = op.endsWith('~') ? value.split('|') : [value]
  const possible: readonly string[] = name === 'job' ? known.apps : values
  return asked.flatMap((each) => (possible.includes(each) ? [] : [`${metric} has no ${name} ${each}`]))
}
