import fc from 'fast-check'
import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { directoryWorld, stateOf } from '../test/support/directory-world.ts'

const ids = ['a', 'b', 'c'] as const
type World = ReturnType<typeof directoryWorld>

const id = fc.constantFrom(...ids)
const some = fc.nat(4)
/** A deletion now and then, for it ends an operator's history. */
const what = fc.nat(20).map((n) => (n === 20 ? 6 : n % 6))
const times = (weight: number, arbitrary: fc.Arbitrary<(world: World) => unknown>) => ({ weight, arbitrary })
const step = fc.oneof(
  times(
    8,
    fc.tuple(id, what).map(
      ([one, change]) =>
        (world) =>
          world.change(one, change),
    ),
  ),
  times(
    8,
    id.map((one) => (world) => world.deliver(one)),
  ),
  times(
    2,
    some.map((back) => (world) => world.deliverAgain(back)),
  ),
  times(
    1,
    id.map((one) => (world) => world.lose(one)),
  ),
  times(
    4,
    some.map((which) => (world) => world.answer(which)),
  ),
  times(
    2,
    some.map((which) => (world) => world.fail(which)),
  ),
  times(
    1,
    fc.constant((world) => world.gap()),
  ),
)
const history = fc.record({
  steps: fc.array(step, { maxLength: 60, size: 'max' }),
  // Before that nothing is followed.
  startAt: fc.oneof(fc.constant(0), fc.nat(30)),
})

t.test(
  'whatever is lost, late, doubled or away, the directory ends at the truth and tells of each step once',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(history, async ({ steps, startAt }) => {
        const world = directoryWorld()
        try {
          for (const [n, take] of steps.entries()) {
            if (n === startAt) world.start()
            take(world)
            await turn()
          }
          world.start()
          for (const one of ids) while (world.deliver(one)) await turn()
          if (world.lost()) world.gap()
          await world.settle()
          await world.directory.ready
          for (const one of ids) assertChain(world, one)
          const state = stateOf(world.directory.all())
          if (!isDeepStrictEqual(state, world.truth())) throw new Error('the directory is not at the truth')
        } finally {
          await world.directory.close()
        }
      }),
      { numRuns: 200 },
    )
    t.pass('in 200 histories')
  },
)

/** Each change begins where the one before it ended, with a newer version; what was deleted stays so. */
function assertChain({ told }: World, operatorId: string): void {
  let [known, newest]: [unknown, number] = [undefined, 0]
  for (const { before, after } of told(operatorId)) {
    if (before !== known) throw new Error('a change does not begin where the last one ended')
    if (after === undefined && before === undefined) throw new Error('nothing changed')
    if (after !== undefined && after.version <= newest) throw new Error('an old version came back')
    known = after
    newest = after?.version ?? Number.POSITIVE_INFINITY
  }
}

/** Started, with the snapshot of `operators` in. */
async function readyWorld(
  t: { teardown(end: () => unknown): void },
  operators: readonly string[] = [],
): Promise<World> {
  const world = directoryWorld()
  t.teardown(() => world.directory.close())
  for (const one of operators) world.change(one, 0)
  for (const one of operators) world.deliver(one)
  world.start()
  await world.settle()
  await world.directory.ready
  return world
}

t.test(
  'events that tell all need no reading, and a gap in which nothing changed costs an answer without a body',
  async (t) => {
    const world = await readyWorld(t, ['a', 'b'])
    const before = world.asked()
    for (const change of [0, 1, 2, 3, 5]) {
      world.change('a', change)
      world.deliver('a')
    }
    t.equal(world.asked(), before)
    t.same(world.directory.get('a'), world.truth().get('a'))
    t.same(
      world.told('a').map(({ credentialsChanged }) => credentialsChanged),
      [false, false, false, false, false, true],
    )
    t.match(world.told('a')[0], { before: undefined, after: { version: 1 } })

    world.gap()
    await world.settle()
    const told = world.told('a').length
    t.equal(world.unchanged(), 0, 'the events have changed the tag')
    world.gap()
    await world.settle()
    t.equal(world.unchanged(), 1)
    t.equal(world.told('a').length, told)
    t.equal(world.directory.size, 2)
    t.same(world.problems, [])
  },
)

t.test('an answer from before a deletion brings nothing back', async (t) => {
  const world = await readyWorld(t, ['a'])
  world.change('a', 4)
  world.deliver('a')
  await turn()
  t.equal(world.requests(), 1, 'the rules are too many for the event')
  world.change('a', 6)
  world.lose('a')
  world.gap()
  await turn()
  world.answer(1)
  await turn()
  world.answer(1)
  await turn()
  t.equal(world.directory.get('a'), undefined)
  world.answer(0)
  await world.settle()
  t.equal(world.directory.get('a'), undefined)
  t.same(
    world.told('a').map(({ after }) => after?.version),
    [1, undefined],
  )
})

t.test('at most eight operators are read at once, and those that cannot be read hold up no other', async (t) => {
  const names = Array.from({ length: 20 }, (_, n) => `o${n}`)
  const world = await readyWorld(t, names)
  for (const name of names) {
    world.change(name, 4)
    world.deliver(name)
  }
  await turn()
  t.equal(world.requests(), 8)
  const [bad, good] = [names.slice(0, 8), names.slice(8)]
  const isRead = (name: string) => world.directory.get(name)?.version === 2
  while (!good.every(isRead)) {
    for (const path of world.waitingFor()) {
      const at = world.waitingFor().indexOf(path)
      if (bad.some((name) => path === `/operators/${name}`)) world.fail(at)
      else world.answer(at)
    }
    await turn()
  }
  t.notOk(bad.some(isRead))
  t.same(
    world.problems.map(({ source }) => source),
    ['internal-api'],
    'told once',
  )
  await world.settle()
  t.ok(names.every(isRead))
})

t.test('a host starts without NATS, and what came meanwhile is read when there are events', async (t) => {
  const world = directoryWorld()
  t.teardown(() => world.directory.close())
  world.change('a', 0)
  await world.settle()
  await world.directory.ready
  t.equal(world.directory.size, 1)
  world.change('a', 0)
  world.deliver('a')
  await world.settle()
  t.equal(world.directory.get('a')?.version, 1)
  world.start()
  await world.settle()
  t.equal(world.directory.get('a')?.version, 2)
})

t.test('whoever listens harms nobody, and what is not of the contract is passed over', async (t) => {
  const world = await readyWorld(t, ['a'])
  const heard: string[] = []
  const healths: string[] = []
  world.directory.onChange(() => {
    throw new Error('of the host')
  })
  const stop = world.directory.onChange(({ operatorId }) => heard.push(operatorId))
  world.directory.onSnapshot((operators) => healths.push(...[...operators].map((one) => one.healthState)))
  world.change('a', 0)
  world.deliver('a')
  t.same(heard, ['a'])
  t.same(
    world.problems.map(({ source }) => source),
    ['listener'],
  )

  world.send('operator.config.renamed.v1', { operatorId: 'a', version: 9 })
  world.send('operator.config.updated.v2', {})
  t.equal(world.problems.length, 1, 'nothing is said of subjects of tomorrow')
  world.send('operator.config.updated.v1', { operatorId: 'a', version: '3' })
  world.send('operator.config.updated.v1', { operatorId: 'a', version: 3, changedFields: 'name' })
  t.equal(world.problems.length, 3)
  t.equal(world.requests(), 0)

  stop()
  world.change('a', 0)
  world.lose('a')
  world.gap()
  await world.settle()
  t.same(heard, ['a'])
  t.same(healths, ['HEALTHY'])
  t.notOk('healthState' in (world.directory.get('a') ?? {}), 'health is not configuration')
})
