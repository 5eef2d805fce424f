import { groupingLabelsOf, selectorsOf } from '../../prometheus/src/promql.ts'
import { rules } from '../src/shared/rules.ts'
import type { Known } from './known-metrics.ts'

/** What the recording rules add, with their labels: given by the rule, kept by its aggregation, or of what it records. */
export function recorded(): ReadonlyMap<string, Known> {
  const labels = new Map<string, Record<string, string[]>>()
  const recordings = rules().flatMap(({ record, ...rule }) => (record === undefined ? [] : [{ record, ...rule }]))
  // Rules stand after those that they read; one more round finds it out where they do not.
  for (const { record, expr, labels: given = {} } of [...recordings, ...recordings]) {
    const own = labels.get(record) ?? {}
    labels.set(record, own)
    for (const [label, value] of Object.entries(given)) own[label] = [...new Set([...(own[label] ?? []), value])]
    for (const { metric } of selectorsOf(expr)) {
      for (const [label, values] of Object.entries(labels.get(metric) ?? {})) {
        own[label] = [...new Set([...(own[label] ?? []), ...values])]
      }
    }
    for (const label of groupingLabelsOf(expr)) own[label] ??= []
  }
  return new Map(
    [...labels].map(([record, own]) => [
      record,
      {
        labels: Object.fromEntries(
          Object.entries(own).map(([label, values]) => [label, values.length > 0 ? values : undefined]),
        ),
      },
    ]),
  )
}
