import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { readCommand } from './command-line.ts'
import { composedRate, composedTime } from './composed.ts'
import { thisMachine } from './machine.ts'
import { json, table } from './report.ts'
import { judge } from './result.ts'
import { measureInTurns, measureRounds } from './rounds.ts'
import { median, quantile, spread } from './statistics.ts'
import { createTell } from './tell.ts'

const BENCHES = ['routing.lookup', 'routing.preview', 'relay.throughput']
const GOAL = { name: 'lookup', unit: 'ms', bound: 'at most', goal: 1.5 } as const
const steady = { tell: createTell(() => {}), quick: false }

t.test('the median is the middle, or the mean of the two in the middle', async (t) => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.equal(median([10, 9]), 9.5)
  t.equal(median([7]), 7)
  t.ok(Number.isNaN(median([])))
})

t.test('the spread is the range as a share of the median', async (t) => {
  t.equal(spread([2, 2, 2]), 0)
  t.equal(spread([1, 2, 3]), 1)
  t.equal(spread([4, 5, 4, 4]), 0.25)
})

t.test('a quantile is the smallest value that so many do not exceed', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.same(
    [0.99, 0.5, 1, 0.001].map((share) => quantile(hundred, share)),
    [99, 50, 100, 1],
  )
  t.equal(quantile([7], 0.99), 7)
  t.ok(Number.isNaN(quantile([], 0.5)))
})

t.test('a goal is met up to its ratio, and the spread is that of the ratios of the rounds', async (t) => {
  const met = judge(GOAL, { ours: [3, 6, 3], baseline: [2, 2, 2] })
  t.match(met, { ours: 3, baseline: 2, ratio: 1.5, goal: 1.5, met: true, spread: 1, remarks: [] })
  t.equal(judge(GOAL, { ours: [3.02], baseline: [2] }).met, false)
  t.equal(judge(GOAL, { ours: [], baseline: [] }).met, false, 'nothing measured meets nothing')
  // A machine that slows both alike does not spread the ratios.
  t.equal(judge(GOAL, { ours: [2, 2.5], baseline: [1, 1.25] }).spread, 0)
})

t.test('where more is better, the goal is met from its ratio on', async (t) => {
  const goal = { name: 'credentials', unit: 'req/s', bound: 'at least', goal: 0.8 } as const
  t.match(judge(goal, { ours: [80], baseline: [100] }), { ratio: 0.8, met: true })
  t.equal(judge(goal, { ours: [79], baseline: [100] }).met, false)
  t.equal(judge(goal, { ours: [], baseline: [] }).met, false)
  t.match(
    table([judge(goal, { ours: [790], baseline: [1000] })]),
    /\| 790 req\/s \| 1000 req\/s \| +0\.79 \| ≥ 0\.8 \| MISSED \|/,
  )
})

t.test('an absolute goal is held to what was measured, whatever the machine gives', async (t) => {
  const goal = { ...GOAL, goal: 200, absolute: true } as const
  t.match(judge(goal, { ours: [200], baseline: [1] }), { ratio: 200, met: true, absolute: true })
  t.equal(judge(goal, { ours: [201], baseline: [1_000] }).met, false)
  t.match(table([judge(goal, { ours: [10], baseline: [1] })]), '| ≤ 200 ms |')
})

t.test('steps that follow each other add their times, and so their rates', async (t) => {
  const rates = [
    { name: 'route', figures: [6000, 3000] },
    { name: 'select', figures: [3000, 6000] },
  ]
  t.strictSame(composedRate(rates, 'req/s').baseline, [2000, 2000])
  t.equal(composedRate(rates, 'req/s').note, 'composed 2000 req/s = route 4500 req/s · select 4500 req/s')
  const times = [
    { name: 'transaction', figures: [2, 3] },
    { name: 'write', figures: [1.5] },
  ]
  t.strictSame(composedTime(times, 'ms').baseline, [3.5], 'only rounds that have every step')
})

t.test('a baseline that moved by more than a quarter is remarked on', async (t) => {
  t.same(judge(GOAL, { ours: [1, 1], baseline: [1, 1.25] }).remarks, [])
  t.same(judge(GOAL, { ours: [1, 1, 1], baseline: [1, 1, 1.3] }, ['cold']).remarks, ['cold', 'baseline moved by 30 %'])
})

t.test('contenders take turns call by call, with equal turns, a different one first each time', async (t) => {
  const calls: string[] = []
  const contender = (name: string) => async (turn: number) => void calls.push(`${name}${turn}`)
  const figures = await measureInTurns([contender('a'), contender('b')], 3, steady)
  t.same(calls.slice(0, 6), ['a0', 'b0', 'b1', 'a1', 'a2', 'b2'])
  t.same(calls.slice(6, 12), calls.slice(0, 6), 'the next round is the same')
  t.ok(figures.length === 2 && figures.every((rounds) => rounds.length === calls.length / 6 && rounds.length >= 5))
})

t.test(
  'measures take turns round by round, a different one first each time; fewer rounds when it must be quick',
  async (t) => {
    const calls: string[] = []
    const measure = (name: string, figure: number) => async (round: number) => {
      calls.push(`${name}${round}`)
      return figure + round
    }
    const measures = [measure('a', 10), measure('b', 20)]
    const [ours = [], theirs = []] = await measureRounds(measures, { ...steady, quick: true })
    t.strictSame(
      [ours, theirs.slice(0, 2)],
      [
        [10, 11, 12, 13, 14],
        [20, 21],
      ],
      'each has its own figures, in order',
    )
    t.strictSame(calls.slice(0, 6), ['a0', 'b0', 'b1', 'a1', 'a2', 'b2'])
    t.ok((await measureRounds(measures, steady)).every((figures) => figures.length > ours.length))
  },
)

t.test('--only takes a bench or all that share its beginning; what means nothing is refused', async (t) => {
  t.same(readCommand([], BENCHES), { chosen: new Set(BENCHES), quick: false, jsonFile: undefined })
  t.same(readCommand(['--only', 'routing.lookup', '--quick', '--json', 'out.json'], BENCHES), {
    chosen: new Set(['routing.lookup']),
    quick: true,
    jsonFile: 'out.json',
  })
  t.same(readCommand(['--only', 'routing'], BENCHES)?.chosen, new Set(['routing.lookup', 'routing.preview']))
  for (const args of [['--only', 'rout'], ['--only'], ['--fast'], ['routing']]) {
    t.equal(readCommand(args, BENCHES), undefined, args.join(' '))
  }
})

t.test('the table names each result with its verdict, the JSON has one line for each', async (t) => {
  const results = [
    judge({ ...GOAL, name: 'lookup' }, { ours: [0.5], baseline: [0.25] }),
    judge({ ...GOAL, name: 'preview' }, { ours: [120, 120], baseline: [100, 150] }),
  ]
  const lines = table(results).split('\n')
  t.match(lines[2], /^\| lookup +\| 0\.500 ms \| 0\.250 ms \| +2\.00 \| ≤ 1\.5 \| MISSED \| +0 % \| +\|$/)
  t.match(
    lines[3],
    /^\| preview +\| +120 ms \| +125 ms \| +0\.96 \| ≤ 1\.5 \| +met \| +40 % \| baseline moved by 40 % \|$/,
  )

  const machine = { ...thisMachine(), load: 0.5 }
  const text = json({ machine, quick: true, results })
  const rounded = [results[0], { ...results[1], spread: 0.4 }]
  t.same(JSON.parse(text), { machine, quick: true, results: rounded })
  t.equal(text.split('\n').filter((line) => line.includes('"met"')).length, 2)
})

t.test('an unknown bench ends with 64 and the names of all', async (t) => {
  const main = join(import.meta.dirname, 'main.ts')
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
    execFile(process.execPath, ['--conditions=@oms/source', main, '--only', 'nothing'], (error, _stdout, stderr) =>
      resolve({ code: error?.code, stderr }),
    ),
  )
  t.equal(code, 64)
  t.match(stderr, 'routing.conflict-check')
})
