import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { FAMILIES } from './metric-families.ts'
import type { App, Family } from './metric-family.ts'
import { createRefreshers, type Refresh } from './refreshers.ts'

type Families = typeof FAMILIES
type LabelOf<F extends Family> = keyof F['labels'] & string
type Instrument<F extends Family> = {
  counter: Counter<LabelOf<F>>
  gauge: Gauge<LabelOf<F>>
  histogram: Histogram<LabelOf<F>>
}[F['kind']]

/** One instrument for each family. Those that the app cannot produce may be used, but are never shown. */
export type Metrics = Readonly<{ [K in keyof Families]: Instrument<Families[K]> }> &
  Readonly<{
    /** Runs before each scrape, to set gauges; what fails or takes longer than a second leaves the last value. */
    onScrape(refresh: Refresh): void
    /** The text for Prometheus. */
    render(): Promise<Readonly<{ contentType: string; body: string }>>
  }>

export type MetricsSettings = Readonly<{
  app: App
  version: string
  /** How long a scrape waits for its gauges; Prometheus gives it up after 10 s. */
  refreshWithinMs?: number
}>

export function createMetrics({ app, version, refreshWithinMs = 1_000 }: MetricsSettings): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const instruments = Object.fromEntries(
    Object.entries<Family>(FAMILIES).map(([key, family]) => [
      key,
      instrument(family, family.apps.includes(app) ? [registry] : []),
    ]),
  ) as unknown as { [K in keyof Families]: Instrument<Families[K]> }
  instruments.buildInfo.set({ app, version, node: process.version }, 1)

  const refreshers = createRefreshers(refreshWithinMs)
  return {
    ...instruments,
    onScrape: refreshers.add,
    async render() {
      await refreshers.run()
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

function instrument(family: Family, registers: Registry[]): Counter | Gauge | Histogram {
  const { name, help } = family
  const described = { name, help, labelNames: Object.keys(family.labels), registers }
  const known = family.absentUntilUsed ? [] : combinations(family)
  switch (family.kind) {
    case 'histogram':
      return new Histogram({ ...described, buckets: [...(family.buckets ?? [])] })
    case 'gauge': {
      const gauge = new Gauge(described)
      if (family.absentUntilUsed) gauge.remove({})
      for (const labels of known) gauge.set(labels, 0)
      return gauge
    }
    case 'counter': {
      const counter = new Counter(described)
      for (const labels of known) counter.inc(labels, 0)
      return counter
    }
  }
}

/** Every combination of known label values; none when a label is open. */
const combinations = ({ labels }: Family): Record<string, string>[] =>
  Object.entries(labels).reduce<Record<string, string>[]>(
    (found, [label, values]) =>
      typeof values === 'string' ? [] : found.flatMap((each) => values.map((value) => ({ ...each, [label]: value }))),
    [{}],
  )
