import { judge, type Result } from '../result.ts'
import { median, quantile } from '../statistics.ts'
import type { Tools } from '../suite.ts'
import type { Ingestor } from './ingestor.ts'
import { ONE_TURN_SECONDS, prepareLoad, type Samples } from './load.ts'

const ROUNDS = { full: 9, quick: 5 } as const
const SECONDS = { full: 10, quick: 3 } as const

/** How late keys and events are at 1,000 reports per second, of which one in twenty turns the state of its operator. */
export async function measureLatency(
  { service, nats }: Ingestor,
  { quick, tell }: Tools,
): Promise<Readonly<{ results: readonly Result[]; notes: readonly string[]; faults: readonly string[] }>> {
  const size = quick ? 'quick' : 'full'
  // What listens here would be in the way of other benches.
  await using opened = new AsyncDisposableStack()
  const load = await prepareLoad(opened, { nats, redisUrl: service.redis.url })
  tell.now('1,000 reports per second: a turn of all operators to warm up, then rounds')
  await load.run(ONE_TURN_SECONDS)
  const rounds: Samples[] = []
  for (let round = 1; round <= ROUNDS[size]; round++) {
    tell.still(`round ${round} of ${ROUNDS[size]}`)
    rounds.push(await load.run(SECONDS[size]))
  }
  const baseline = rounds.map(({ probes }) => quantile(probes, 0.99))
  const late = (name: string, goal: number, of: 'keys' | 'events'): Result =>
    judge(
      { name: `1,000 reports/s: ${name}, p99`, unit: 'ms', bound: 'at most', goal, absolute: true },
      { ours: rounds.map((samples) => quantile(samples[of], 0.99)), baseline },
      ['baseline: publish to deliver, p99'],
    )
  const missing = rounds.reduce((sum, round) => sum + round.missing, 0)
  return {
    results: [late('report → Redis', 200, 'keys'), late('report → event of its transition', 500, 'events')],
    notes: [
      described(
        'report → Redis',
        rounds.flatMap(({ keys }) => keys),
      ),
      described(
        'report → event of its transition',
        rounds.flatMap(({ events }) => events),
      ),
      described(
        'publish to deliver',
        rounds.flatMap(({ probes }) => probes),
      ),
    ],
    faults: missing === 0 ? [] : [`1,000 reports/s: ${missing} keys, events or probes did not come`],
  }
}

const described = (name: string, samples: readonly number[]): string =>
  `1,000 reports/s, ${name}: p50 ${median(samples).toFixed(1)} ms, p99 ${quantile(samples, 0.99).toFixed(1)} ms, ` +
  `longest ${quantile(samples, 1).toFixed(1)} ms of ${samples.length.toLocaleString('en')}`
