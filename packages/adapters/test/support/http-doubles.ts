import { pino } from 'pino'

export type Line = Record<string, unknown>

/** A logger that keeps its lines, and metrics that keep what was observed. */
export function httpDoubles() {
  const lines: Line[] = []
  const observed: { method: string; route: string; status: string }[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as Line) })
  const metrics = {
    httpRequestDuration: {
      observe: (labels: { method: string; route: string; status: string }) => void observed.push(labels),
      zero: () => undefined,
    },
  }
  const traces: (string | undefined)[] = []
  const openTrace = (traceparent: string | undefined) => {
    traces.push(traceparent)
    return { traceId: 'trace-1', run: <T>(fn: () => T): T => fn() }
  }
  return { log, metrics, openTrace, lines, observed, traces }
}
