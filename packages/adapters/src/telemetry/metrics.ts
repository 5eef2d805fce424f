import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { FAMILIES } from './metric-families.ts'
import type { App, Family } from './metric-family.ts'

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
    /** Runs before each scrape, to set gauges; a failure leaves the last value and does not fail the scrape. */
    onScrape(refresh: () => Promise<void> | void): void
    /** The text for Prometheus. */
    render(): Promise<Readonly<{ contentType: string; body: string }>>
  }>

export type MetricsSettings = Readonly<{ app: App; version: string }>

export function createMetrics({ app, version }: MetricsSettings): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const instruments = Object.fromEntries(
    Object.entries<Family>(FAMILIES).map(([key, family]) => [
      key,
      instrument(family, family.apps.includes(app) ? [registry] : []),
    ]),
  ) as unknown as { [K in keyof Families]: Instrument<Families[K]> }
  instruments.buildInfo.set({ app, version, node: process.version }, 1)

  const refreshers: (() => Promise<void> | void)[] = []
  return {
    ...instruments,
    onScrape: (refresh) => void refreshers.push(refresh),
    async render() {
      await Promise.allSettled(refreshers.map(async (refresh) => refresh()))
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

function instrument(family: Family, registers: Registry[]): Counter | Gauge | Histogram {
  const { name, help } = family
  const labelNames = Object.keys(family.labels)
  switch (family.kind) {
    case 'histogram':
      return new Histogram({ name, help, labelNames, registers, buckets: [...(family.buckets ?? [])] })
    case 'gauge':
      return startAtZero(new Gauge({ name, help, labelNames, registers }), family)
    case 'counter': {
      const counter = new Counter({ name, help, labelNames, registers })
      for (const labels of combinations(family)) counter.inc(labels, 0)
      return counter
    }
  }
}

function startAtZero(gauge: Gauge, family: Family): Gauge {
  for (const labels of combinations(family)) gauge.set(labels, 0)
  return gauge
}

/** Every combination of known label values; none when a label is open. */
const combinations = ({ labels }: Family): Record<string, string>[] =>
  Object.entries(labels).reduce<Record<string, string>[]>(
    (found, [label, values]) => found.flatMap((each) => values.map((value) => ({ ...each, [label]: value }))),
    [{}],
  )
