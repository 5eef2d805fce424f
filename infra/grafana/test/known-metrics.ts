import { type App, createMetrics, FAMILIES } from '@oms/adapters/telemetry'
import { recorded } from './recorded.ts'

/** `labels`: every label that its series have, with its values where they are known. */
export type Known = Readonly<{ labels: Readonly<Record<string, readonly string[] | undefined>> }>

const APPS: readonly App[] = ['admin-api', 'internal-api', 'health-ingestor']

/** What Prometheus adds to each series that it scrapes. */
const SCRAPED = { job: APPS, instance: undefined }

/** Labels of families of prom-client that have no series before something happens. */
const NOT_YET_SEEN: Readonly<Record<string, Known['labels']>> = { nodejs_gc_duration_seconds: { kind: undefined } }

/** Every series that a dashboard may ask for: those that the apps really show, those of Prometheus itself, those that its rules record. */
export async function knownMetrics(): Promise<ReadonlyMap<string, Known>> {
  const known = new Map<string, Known>([
    ...recorded(),
    ['up', { labels: SCRAPED }],
    ['ALERTS', { labels: { ...SCRAPED, ...alertLabels() } }],
  ])
  for (const app of APPS) {
    const { body } = await createMetrics({ app, version: '1.2.3' }).render()
    for (const [, family = '', kind] of body.matchAll(/^# TYPE (\S+) (\w+)$/gm)) {
      const labels = { ...SCRAPED, ...NOT_YET_SEEN[family], ...ours(family), ...seen(body, family) }
      if (kind !== 'histogram') known.set(family, { labels })
      else {
        for (const end of ['sum', 'count']) known.set(`${family}_${end}`, { labels })
        known.set(`${family}_bucket`, { labels: { ...labels, le: undefined } })
      }
    }
  }
  return known
}

const alertLabels = () =>
  Object.fromEntries(
    ['alertname', 'alertstate', 'severity', 'dependency', 'depends_on'].map((label) => [label, undefined]),
  )

/** Labels and their values as the families tell them. */
function ours(name: string): Known['labels'] {
  const family = Object.values(FAMILIES).find((one) => one.name === name)
  const labels: Readonly<Record<string, readonly string[] | string>> = family?.labels ?? {}
  return Object.fromEntries(
    Object.entries(labels).map(([label, values]) => [label, typeof values === 'string' ? undefined : values]),
  )
}

/** Labels of the families that are not ours, from their series. */
function seen(body: string, family: string): Known['labels'] {
  if (family.startsWith('ops_')) return {}
  const [, labels = ''] = new RegExp(`^${family}\\{(.*)\\} `, 'm').exec(body) ?? []
  return Object.fromEntries([...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => [label, undefined]))
}
