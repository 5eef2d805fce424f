import t from 'tap'
import { memoryEventPublisher } from '../memory/event-publisher.ts'
import { createMemoryStore, commitEvent } from '../memory/memory-store.ts'
import { memoryOutbox } from '../memory/outbox.ts'
import { DomainError } from '../errors.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { createEventRelay, type EventRelayOptions } from './event-relay.ts'
import { EventRefused, type EventPublisher } from './event-publisher.ts'
import type { PendingEvent } from './outbox.ts'

const unavailable = new DomainError('DEPENDENCY_UNAVAILABLE', 'away')

/** An outbox with a row for each `operator:version`, a publisher that does what `decide` says, and a clock that is set. */
function world(
  names: readonly string[],
  decide: (name: string) => Promise<void> = async () => undefined,
  options: EventRelayOptions = {},
) {
  const store = createMemoryStore()
  const outbox = memoryOutbox(store)
  const stream = memoryEventPublisher()
  const clock = { ms: 0 }
  const told = { published: [] as string[], parked: [] as string[], failed: [] as string[], progress: 0 }
  const inFlight = { now: 0, most: 0, operators: new Set<string>(), twice: false }
  const nameOf = ({ payload }: Pick<PendingEvent, 'payload'>) => String(payload.name)

  function commit(name: string): void {
    const operatorId = name.split(':')[0] as OperatorId
    const event = { eventId: `id-${name}`, operatorId, payload: { name }, traceparent: null }
    commitEvent(store, { ...event, subject: 'operator.config.updated.v1' })
  }
  names.forEach(commit)

  const publisher: EventPublisher = {
    async publish(event) {
      const operator = nameOf(event).split(':')[0] ?? ''
      inFlight.twice ||= inFlight.operators.has(operator)
      inFlight.operators.add(operator)
      inFlight.now += 1
      inFlight.most = Math.max(inFlight.most, inFlight.now)
      try {
        await decide(nameOf(event))
        await stream.publish(event)
      } finally {
        inFlight.now -= 1
        inFlight.operators.delete(operator)
      }
    },
  }
  const relay = createEventRelay(
    { outbox, publisher, elapsedMs: () => clock.ms },
    {
      onProgress: () => void (told.progress += 1),
      onPublished: (event) => void told.published.push(nameOf(event)),
      onParked: (event, reason) => void told.parked.push(`${nameOf(event)} ${reason}`),
      onFailure: (_, event) => void told.failed.push(nameOf(event)),
      ...options,
    },
  )
  const idle = () => new Promise((resolve) => setImmediate(resolve))
  async function passes(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      await relay.pass()
      await idle()
    }
  }
  const streamed = () => stream.published.map(nameOf)
  const waiting = async () => (await outbox.pending(10_000)).map(nameOf)
  return { store, outbox, clock, told, inFlight, commit, relay, passes, idle, streamed, waiting }
}

t.test('the events of an operator go one after the other, those of others beside them', async (t) => {
  const { passes, streamed, waiting, inFlight, told } = world(['a:1', 'a:2', 'b:1', 'a:3', 'b:2'])
  await passes(2)
  t.same(
    streamed().filter((name) => name.startsWith('a')),
    ['a:1', 'a:2', 'a:3'],
  )
  t.same(
    streamed().filter((name) => name.startsWith('b')),
    ['b:1', 'b:2'],
  )
  t.equal(inFlight.twice, false)
  t.equal(inFlight.most, 2)
  t.same(await waiting(), [])
  t.equal(told.published.length, 5)
  t.equal(told.progress, 2, 'once per operator')
})

t.test('no more are in flight than allowed', async (t) => {
  const names = Array.from({ length: 40 }, (_, n) => `op${n}:1`)
  const { passes, waiting, streamed, inFlight } = world(names, undefined, { maxInFlight: 8 })
  await passes(1)
  t.equal(streamed().length, 40, 'whoever is done makes room for the next one')
  t.equal((await waiting()).length, 40, 'nothing is marked before the next pass')
  await passes(5)
  t.equal(inFlight.most, 8)
  t.same(await waiting(), [])
})

t.test('an operator whose event fails stops there, rests longer each time, and others go on', async (t) => {
  let away = true
  const { passes, streamed, waiting, clock, told } = world(['a:1', 'a:2', 'b:1'], async (name) => {
    if (away && name === 'a:1') throw unavailable
  })
  await passes(3)
  t.same(streamed(), ['b:1'])
  t.same(await waiting(), ['a:1', 'a:2'])
  t.same(told.failed, ['a:1'], 'it rests')
  clock.ms += 100
  await passes(3)
  t.same(told.failed, ['a:1', 'a:1'])
  clock.ms += 199
  await passes(1)
  t.same(told.failed.length, 2, 'for twice as long')
  away = false
  clock.ms += 1
  await passes(2)
  t.same(streamed(), ['b:1', 'a:1', 'a:2'])
  t.same(await waiting(), [])
})

t.test(
  'when one fails, what has not begun waits for the next pass: all would fail if the stream is away',
  async (t) => {
    const names = Array.from({ length: 40 }, (_, n) => `op${n}:1`)
    let away = true
    const decide = async () => {
      if (away) throw unavailable
    }
    const { passes, streamed, waiting, clock, told } = world(names, decide, { maxInFlight: 8 })
    await passes(1)
    t.equal(told.failed.length, 8)
    away = false
    clock.ms += 100
    await passes(2)
    t.equal(streamed().length, 40)
    t.same(await waiting(), [])
  },
)

t.test(
  'an event of an operator that has one in flight is neither lost nor sent twice, whenever it is read',
  async (t) => {
    const slow = Promise.withResolvers<void>()
    const { passes, streamed, commit, waiting, inFlight } = world(
      ['a:1', 'b:1', 'c:1', 'd:1'],
      (name) => (name === 'a:1' ? slow.promise : Promise.resolve()),
      { maxInFlight: 2 },
    )
    await passes(1)
    commit('a:2')
    commit('b:2')
    await passes(2)
    slow.resolve()
    await passes(3)
    t.same(streamed().toSorted(), ['a:1', 'a:2', 'b:1', 'b:2', 'c:1', 'd:1'])
    t.ok(streamed().indexOf('a:1') < streamed().indexOf('a:2'))
    t.equal(inFlight.twice, false)
    t.same(await waiting(), [])
  },
)

t.test('an event that is refused for good is parked with its reason, and its operator goes on', async (t) => {
  const { passes, streamed, waiting, outbox, told } = world(['a:1', 'a:2', 'a:3'], async (name) => {
    if (name === 'a:2') throw new EventRefused('too large')
  })
  await passes(2)
  t.same(streamed(), ['a:1', 'a:3'])
  t.same(await waiting(), [])
  t.equal((await outbox.backlog()).parked, 1)
  t.same(told.parked, ['a:2 too large'])
})

t.test('an event that is slow holds up its own operator only', async (t) => {
  const slow = Promise.withResolvers<void>()
  const { passes, streamed, commit, waiting } = world(['a:1', 'a:2', 'b:1'], (name) =>
    name === 'a:1' ? slow.promise : Promise.resolve(),
  )
  await passes(2)
  commit('c:1')
  await passes(2)
  t.same(streamed(), ['b:1', 'c:1'])
  slow.resolve()
  await passes(2)
  t.same(streamed(), ['b:1', 'c:1', 'a:1', 'a:2'])
  t.same(await waiting(), [])
})

t.test('what the stream has stored is marked when the outbox is back, and not published again', async (t) => {
  const { relay, passes, streamed, waiting, outbox, told } = world(['a:1', 'b:1'])
  const { markPublished } = outbox
  await passes(1)
  outbox.markPublished = () => Promise.reject(unavailable)
  await t.rejects(relay.pass(), unavailable)
  await t.rejects(relay.pass(), unavailable)
  t.same(await waiting(), ['a:1', 'b:1'])
  outbox.markPublished = markPublished
  await passes(2)
  t.same(await waiting(), [])
  t.same(streamed(), ['a:1', 'b:1'])
  t.equal(told.published.length, 2)
})

t.test('a window full of operators that cannot go does not hide the others behind it', async (t) => {
  const stuck = Array.from({ length: 50 }, (_, n) => `stuck:${n}`)
  const { passes, streamed } = world(
    [...stuck, 'b:1'],
    async (name) => {
      if (name.startsWith('stuck')) throw unavailable
    },
    { window: 4 },
  )
  await passes(8)
  t.same(streamed(), ['b:1'])
})

t.test('a relay that is closed finishes and marks what is in flight, and starts nothing', async (t) => {
  const slow = Promise.withResolvers<void>()
  const { relay, idle, streamed, waiting, commit } = world(['a:1', 'a:2'], () => slow.promise)
  await relay.pass()
  commit('b:1')
  const closing = relay.close()
  await relay.pass()
  slow.resolve()
  await closing
  await idle()
  t.same(streamed(), ['a:1'])
  t.same(await waiting(), ['a:2', 'b:1'])
})
