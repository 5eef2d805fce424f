import { openTrace, withSpan } from '@oms/adapters/telemetry'
import { judge, type Result } from '../result.ts'
import { median } from '../statistics.ts'
import type { Tools } from '../suite.ts'

/** A hundredth of what a GET of an operator takes of the processor. */
const GOAL = { name: 'a use case’s span while off', unit: 'µs', bound: 'at most', goal: 1.5, absolute: true } as const
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const CALLS = 100_000
const ROUNDS = 5

/** The processor time of a span that nobody wants, in the trace of a request: less than nothing is not to be had. */
export function measureSpanWhenOff({ tell }: Pick<Tools, 'tell'>): Promise<Result> {
  tell.now('tracing.off')
  const work = () => Promise.resolve(1)
  const spanned = () => withSpan('ops.admin.getOperator', { attributes: { 'ops.action': 'getOperator' } }, work)
  return openTrace(TRACEPARENT).run(async () => {
    const [ours, baseline]: [number[], number[]] = [[], []]
    for (let round = 0; round <= ROUNDS; round++) {
      const [plain, off] = [await microseconds(work), await microseconds(spanned)]
      // The first compiles it.
      if (round === 0) continue
      ours.push(off - plain)
      baseline.push(plain)
    }
    return judge(GOAL, { ours, baseline: baseline.map(() => median(baseline)) })
  })
}

async function microseconds(call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let turn = 0; turn < CALLS; turn++) await call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / CALLS
}
