import { DomainError, type OperatorId, type SilentOperator } from '@oms/domain'
import { memoryLeases } from '@oms/domain/memory'
import t from 'tap'
import { until } from '../../test/support/until.ts'
import { silenceUnderLease } from './index.ts'

const silentOperator = (index: number): SilentOperator => ({
  operatorId: `operator-${index}` as OperatorId,
  lastState: index % 2 === 0 ? 'HEALTHY' : 'UNHEALTHY',
  ageSeconds: 61,
})

function aWatch(holder: string, leases = memoryLeases()) {
  const lines: { message: string; operators?: number; operatorId?: string; lastState?: string }[] = []
  const shown = new Map<string, number>()
  const counted = new Map<string, number>()
  const failures: string[] = []
  const world: { silent: readonly SilentOperator[]; looks: number; away: boolean } = {
    silent: [],
    looks: 0,
    away: false,
  }
  const write = (facts: object | string, message?: string) => void lines.push({ ...Object(facts), message })
  const watch = silenceUnderLease({
    leases,
    holder,
    lookEveryMs: 1,
    log: { info: write, warn: write },
    report: (what) => void failures.push(what),
    metrics: {
      silentOperators: { set: ({ state }, value) => void shown.set(state, value) },
      silences: { inc: ({ state }, value) => void counted.set(state, (counted.get(state) ?? 0) + value) },
    },
    health: {
      silent: async () => {
        world.looks += 1
        if (world.away) throw new DomainError('DEPENDENCY_UNAVAILABLE', 'away')
        return world.silent
      },
      reporting: async (operatorIds) => operatorIds,
    },
  })
  const looked = async () => {
    const { looks } = world
    await until(() => world.looks >= looks + 2)
  }
  return { watch, lines, shown, counted, failures, world, looked, leases }
}

t.test('one silence is one line and one count, and so is its end', async (t) => {
  const { watch, lines, shown, counted, world, looked } = aWatch('one')
  t.teardown(() => watch[Symbol.asyncDispose]())
  await looked()
  world.silent = [silentOperator(0), silentOperator(1)]
  await looked()
  t.match(lines, [
    { message: 'operator fell silent', operatorId: 'operator-0', lastState: 'HEALTHY', ageSeconds: 61 },
    { message: 'operator fell silent', operatorId: 'operator-1', lastState: 'UNHEALTHY' },
  ])
  t.same([shown.get('HEALTHY'), shown.get('UNHEALTHY'), shown.get('DEGRADED')], [1, 1, 0])
  world.silent = [silentOperator(1)]
  await looked()
  t.match(lines[2], { message: 'operator reports again', operatorId: 'operator-0' })
  await looked()
  t.equal(lines.length, 3)
  t.same([shown.get('HEALTHY'), shown.get('UNHEALTHY')], [0, 1])
  t.same([counted.get('HEALTHY'), counted.get('UNHEALTHY')], [1, 1])
})

t.test('ten thousand silences at once are one line, and their end is another', async (t) => {
  const { watch, lines, counted, world, looked } = aWatch('one')
  t.teardown(() => watch[Symbol.asyncDispose]())
  await looked()
  world.silent = Array.from({ length: 10_000 }, (_, index) => silentOperator(index))
  await looked()
  world.silent = []
  await looked()
  t.match(lines, [
    { message: 'many operators fell silent', operators: 10_000, operatorIds: { length: 20 } },
    { message: 'many operators report again', operators: 10_000, operatorIds: { length: 20 } },
  ])
  t.equal(lines.length, 2)
  t.same([counted.get('HEALTHY'), counted.get('UNHEALTHY')], [5_000, 5_000])
})

t.test('only the holder of the lease looks; it shows nothing any more when it leaves', async (t) => {
  const one = aWatch('one')
  one.world.silent = [silentOperator(0)]
  await one.looked()
  const two = aWatch('two', one.leases)
  t.teardown(() => two.watch[Symbol.asyncDispose]())
  await one.looked()
  t.equal(two.world.looks, 0)
  t.equal(one.shown.get('HEALTHY'), 1)
  await one.watch[Symbol.asyncDispose]()
  t.equal(one.shown.get('HEALTHY'), 0)
  await two.looked()
})

t.test('a look that fails is reported and tried again', async (t) => {
  const { watch, failures, lines, world, looked } = aWatch('one')
  t.teardown(() => watch[Symbol.asyncDispose]())
  await looked()
  world.away = true
  await looked()
  world.away = false
  world.silent = [silentOperator(0)]
  await looked()
  t.match(failures[0], 'look for silent operators')
  t.equal(lines.length, 1)
})
