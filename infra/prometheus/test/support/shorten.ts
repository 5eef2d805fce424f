import { parser } from '@prometheus-io/lezer-promql'
import { parse, stringify } from 'yaml'

const HOLDS = new Set(['for', 'keep_firing_for', 'interval'])
const PATIENCE = new Set(['group_wait', 'group_interval', 'repeat_interval', 'resolve_timeout'])

/**
 * Rules in which `factor` of the time passes: all ranges and offsets, `for`, `keep_firing_for` and the interval of a group.
 * Thresholds, names and what annotations ask stay as they are.
 */
export const shortenRules = (text: string, factor: number): string =>
  stringify(
    mapEntries(parse(text), (key, value) => {
      if (key === 'expr') return shortenExpression(value, factor)
      return HOLDS.has(key) ? shortenDuration(value, factor) : value
    }),
  )

/** The same for a configuration of Alertmanager: how long it waits, groups and is silent. */
export const shortenRouting = (text: string, factor: number): string =>
  stringify(mapEntries(parse(text), (key, value) => (PATIENCE.has(key) ? shortenDuration(value, factor) : value)))

/** The text as it stands but for its durations. Throws a SyntaxError on what is not PromQL. */
export function shortenExpression(expression: string, factor: number): string {
  let shortened = ''
  let copied = 0
  parser.parse(expression).iterate({
    enter({ name, type, from, to }) {
      if (type.isError) throw new SyntaxError(`not PromQL at character ${from}: ${expression}`)
      if (name !== 'NumberDurationLiteralInDurationContext') return
      shortened += expression.slice(copied, from) + shortenDuration(expression.slice(from, to), factor)
      copied = to
    },
  })
  return shortened + expression.slice(copied)
}

const UNITS_MS = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** https://prometheus.io/docs/prometheus/2.42/querying/basics/#time-durations; in whole milliseconds. */
export function shortenDuration(duration: string, factor: number): string {
  if (!/^(\d+(ms|[ywdhms]))+$/.test(duration)) throw new RangeError(`not a duration: ${duration}`)
  const parts = [...duration.matchAll(/(\d+)(ms|[ywdhms])/g)]
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS], 0)
  return ms === 0 ? duration : `${Math.max(1, Math.round(ms * factor))}ms`
}

function mapEntries(node: unknown, map: (key: string, value: string) => string): unknown {
  if (Array.isArray(node)) return node.map((item: unknown) => mapEntries(item, map))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'string' ? map(key, value) : mapEntries(value, map),
    ]),
  )
}
