import { type Service, startService } from '@oms/testkit'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Caller } from '../process/caller.ts'
import { startRemote } from '../process/remote.ts'
import { judge } from '../result.ts'
import { PRODUCTION } from '../service/running-service.ts'
import { median } from '../statistics.ts'
import type { Findings, Suite } from '../suite.ts'
import { type Heap, INSPECTABLE, openHeap } from './heap.ts'
import { startLoad } from './load.ts'

const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const
const GOAL = 1.1
/** When it is looked at, after so many milliseconds of load. */
const TIMES = { full: [60_000, 600_000], quick: [20_000, 70_000] } as const
/** What is under way differs from one look to the next. */
const LOOKS = 5
const BETWEEN_LOOKS_MS = 2_000
const LOOKS_MS = LOOKS * BETWEEN_LOOKS_MS

type Looks = Readonly<Record<(typeof APPS)[number], readonly Heap[]>>

/** What each app still holds after a long time of load on all of them, against a short one. */
export const memory: Suite = {
  benches: ['memory.after-load'],
  async run(_chosen, { tell, quick, opened }) {
    const test = { teardown: (end: () => PromiseLike<void>) => opened.defer(end) }
    const production = { ...PRODUCTION, NODE_OPTIONS: INSPECTABLE }
    const environment = { 'admin-api': production, 'internal-api': production, 'health-ingestor': production }
    const service = await startService(test, { ownPostgres: true, environment })
    const caller = opened.use(await startRemote<Caller>(join(import.meta.dirname, '../process/caller.ts')))
    const [first, last] = quick ? TIMES.quick : TIMES.full
    tell.now(`memory.after-load: ${minutes(last)} min of load, looked at after ${minutes(first)}`)
    const look = await lookAt(service, opened)
    const load = await startLoad({ service, caller }, last + LOOKS_MS)
    const watching = async (): Promise<readonly [Looks, Looks]> => {
      await sleep(first)
      const early = await look()
      tell.now(`after ${minutes(first)} min`)
      await sleep(last - first - LOOKS_MS)
      return [early, await look()]
    }
    const [[early, late], answered] = await Promise.all([watching(), load.ended])
    return judged({ early, late, when: `${minutes(last)} min of load ÷ ${minutes(first)} min`, answered })
  },
}

const minutes = (milliseconds: number): string => (milliseconds / 60_000).toPrecision(2)

async function lookAt(service: Service, opened: DisposableStackLike): Promise<() => Promise<Looks>> {
  const heaps = await Promise.all(APPS.map(async (app) => opened.use(await openHeap(service.app(app)))))
  return async () => {
    const seen: Heap[][] = APPS.map(() => [])
    for (let turn = 0; turn < LOOKS; turn++) {
      for (const [index, heap] of heaps.entries()) seen[index]?.push(await heap.measure())
      await sleep(BETWEEN_LOOKS_MS)
    }
    return Object.fromEntries(APPS.map((app, index) => [app, seen[index] ?? []])) as unknown as Looks
  }
}

type DisposableStackLike = Readonly<{ use<T extends Disposable>(value: T): T }>

type Watched = Readonly<{ early: Looks; late: Looks; when: string; answered: string }>

function judged({ early, late, when, answered }: Watched): Findings {
  const used = (looks: readonly Heap[]) => looks.map((heap) => heap.used)
  const resident = (looks: readonly Heap[]) => median(looks.map((heap) => heap.resident)).toFixed(0)
  return {
    results: APPS.map((app) =>
      judge(
        { name: `memory of ${app}, ${when}`, unit: 'MiB', bound: 'at most', goal: GOAL },
        { ours: used(late[app]), baseline: used(early[app]) },
      ),
    ),
    notes: [
      'memory: heap and buffers in use right after a full collection, which is what an app holds on to; what the allocator keeps of what is free is no leak',
      ...APPS.map((app) => `memory of ${app}: resident ${resident(early[app])} MiB, then ${resident(late[app])} MiB`),
      `load: ${answered}`,
    ],
    versions: {},
    faults: [],
  }
}
