import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'

/** The Prometheus that the reader chose at the top of the dashboard. */
export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '$datasource' }

/** `legend`: what a line is called; Prometheus labels in double braces. */
export type Query = Readonly<{ expr: string; legend?: string }>

/** `now`: one value at the end of the range; `over-time`: a line; `rows`: one row of a table for each series, at the end. */
export type QueryKind = 'now' | 'over-time' | 'rows'

export function toTarget({ expr, legend }: Query, kind: QueryKind, index: number): DataqueryBuilder {
  const target = new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(DATASOURCE)
    .expr(expr)
  if (legend !== undefined) target.legendFormat(legend)
  if (kind === 'rows') target.format(PromQueryFormat.Table)
  return kind === 'over-time' ? target.range() : target.instant()
}

/** Our scrape jobs: the process metrics of others carry the same names. */
export const OUR_JOBS = 'job=~"admin-api|internal-api|health-ingestor"'

/** Without what is shown by replicas that do not reach where they read it: that is old. The alerts do the same. */
export const whileReached = (gauge: string, dependency: 'postgres' | 'nats'): string =>
  `${gauge} unless on (job, instance) ops_dependency_up{dependency="${dependency}"} == 0`

/** A rate that fits the zoom, summed over replicas. `by`: labels, comma-separated; none sums all. */
export function rateOf(counter: string, by = ''): string {
  return `sum${by === '' ? '' : ` by (${by})`} (rate(${counter}[$__rate_interval]))`
}

/** What admins do is rare: changes per minute can be read, changes per second cannot. */
export const perMinute = (counter: string, by = ''): string => `60 * ${rateOf(counter, by)}`

/** `histogram` with its selector, such as `ops_x_seconds{job="a"}`; `by`: labels to tell apart. */
export function quantileOf(q: number, histogram: string, by = ''): string {
  const [name = '', selector = ''] = histogram.split(/(?=\{)/)
  return `histogram_quantile(${q}, ${rateOf(`${name}_bucket${selector}`, by === '' ? 'le' : `le, ${by}`)})`
}

/** The three lines by which a latency is judged. */
export const quantilesOf = (histogram: string): readonly Query[] =>
  [0.5, 0.95, 0.99].map((q) => ({ expr: quantileOf(q, histogram), legend: `P${100 * q}` }))
