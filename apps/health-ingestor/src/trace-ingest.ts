import { beginSpan, currentTraceparent, linksTo, openTrace, SpanKind, withSpan } from '@oms/adapters/telemetry'
import type { FoldedReports, HealthReport, IngestHealthEventPorts } from '@oms/domain'

/** As many links as OpenTelemetry keeps of a span. */
const MOST_LINKS = 128

/**
 * Runs the intake of a batch as one span, which goes on in the trace of the reports when they came with one only, and
 * begins one otherwise. A report of another trace that decides a transition has a span there beside it, so that from each
 * traced report the way to its event is one trace.
 */
export function traceIngest(
  reports: readonly HealthReport[],
  intake: (traceparentOf: IngestHealthEventPorts['traceparentOf']) => Promise<FoldedReports>,
): Promise<FoldedReports> {
  const callers = new Set(reports.flatMap(({ traceparent }) => traceparent ?? []))
  const [caller] = callers.size === 1 ? callers : []
  const operators = new Set(reports.map(({ operatorId }) => operatorId))
  const [operator] = operators.size === 1 ? operators : []
  const settings = {
    kind: SpanKind.CONSUMER,
    attributes: {
      'ops.action': 'ingestHealthEvent',
      ...(operator === undefined ? {} : { 'ops.operator_id': operator }),
      // https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
      'messaging.system': 'nats',
      'messaging.batch.message_count': reports.length,
    },
    links: caller === undefined ? [...callers].slice(0, MOST_LINKS).flatMap(linksTo) : [],
  }
  return openTrace(caller).run(() =>
    withSpan('ops.health.ingest', settings, async (span) => {
      const own = currentTraceparent() ?? null
      const beside = new Map<string, ReturnType<typeof beginSpan>>()
      const traceparentOf = (reported: string | null): string | null => {
        if (reported === null || reported === caller) return own
        const known = beside.get(reported)
        if (known !== undefined) return known.traceparent
        const begun = beginSpan('ops.health.transition', { kind: SpanKind.CONSUMER, links: linksTo(own) }, reported)
        beside.set(reported, begun)
        return begun.traceparent
      }
      try {
        const folded = await intake(traceparentOf)
        for (const { operatorId, previousState, newState } of folded.transitions) {
          span.addEvent('transition', { 'ops.operator_id': operatorId, from: previousState, to: newState })
        }
        return folded
      } finally {
        for (const { end } of beside.values()) end()
      }
    }),
  )
}
