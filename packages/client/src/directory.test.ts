import fc from 'fast-check'
import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { directoryWorld, stateOf } from '../test/support/directory-world.ts'

const ids = ['a', 'b', 'c'] as const
type World = ReturnType<typeof directoryWorld>

const id = fc.constantFrom(...ids)
const some = fc.nat(4)
const times = (weight: number, arbitrary: fc.Arbitrary<(world: World) => unknown>) => ({ weight, arbitrary })
const step = fc.oneof(
  times(
    8,
    fc.tuple(id, fc.nat(6)).map(
      ([one, what]) =>
        (world) =>
          world.change(one, what),
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
  times(
    1,
    fc.constant((world) => world.start()),
  ),
)

t.test(
  'whatever is lost, late, doubled or away, the directory ends at the truth and tells of each step once',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const world = directoryWorld()
        try {
          for (const take of steps) {
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
