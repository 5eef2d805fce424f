import t from 'tap'
import { createHealthView, type HealthChange, type HealthView } from './health-view.ts'
import type { HealthWord } from './health-word.ts'
import type { HealthState } from './operator.ts'

const SILENCE = 60_000
const POLL = 2_000
/** Of the server's clock, which is a year off this host's. */
const AT = Date.parse('2027-11-20T10:00:00.000Z')

function open() {
  let clock = 5_000_000
  const changes: string[] = []
  const tell = ({ before, after }: HealthChange) => changes.push(`${before} > ${after}`)
  const view = createHealthView({ healthSilence: SILENCE, healthPoll: POLL }, () => clock, tell)
  return {
    view,
    changes,
    state: () => view.stateOf('a'),
    pass: (ms: number) => (clock += ms),
    key: (state: HealthState, at: number, life?: number) =>
      view.read('a', { word: key(state, at), ...(life !== undefined && { life }) }, clock),
    noKey: () => view.read('a', undefined, clock),
  }
}

const key = (state: HealthState, at: number, sequence = 1): HealthWord => ({ state, at: AT + at, sequence })
const event = (state: HealthState, at: number, transition = 1): HealthWord => ({ state, at: AT + at, transition })

type Say = (view: HealthView) => void
const says = {
  snapshot: (view) => view.advise('a', 'HEALTHY'),
  key: (view) => view.read('a', { word: key('DEGRADED', 10) }, 0),
  sameReportsKey: (view) => view.read('a', { word: key('DEGRADED', 20) }, 0),
  newerKey: (view) => view.read('a', { word: key('DEGRADED', 21) }, 0),
  laterInTheMillisecond: (view) => view.read('a', { word: key('UNHEALTHY', 21, 2) }, 0),
  event: (view) => view.tell('a', event('UNHEALTHY', 20, 4)),
  olderEvent: (view) => view.tell('a', event('HEALTHY', 5, 3)),
  nextEventOfTheMillisecond: (view) => view.tell('a', event('HEALTHY', 20, 5)),
  answer: (view) => view.answer('a', { state: 'HEALTHY', at: AT + 22 }, false),
  olderAnswer: (view) => view.answer('a', { state: 'HEALTHY', at: AT + 9 }, false),
} satisfies Record<string, Say>

const WINNERS: readonly [HealthState, ...(keyof typeof says)[]][] = [
  ['DEGRADED', 'snapshot', 'key'],
  ['UNHEALTHY', 'snapshot', 'event'],
  ['UNHEALTHY', 'key', 'event', 'snapshot'],
  ['UNHEALTHY', 'sameReportsKey', 'event', 'olderEvent'],
  ['DEGRADED', 'newerKey', 'event', 'key'],
  ['UNHEALTHY', 'newerKey', 'laterInTheMillisecond', 'event'],
  ['HEALTHY', 'event', 'nextEventOfTheMillisecond', 'key'],
  ['HEALTHY', 'newerKey', 'event', 'answer'],
  ['UNHEALTHY', 'event', 'olderAnswer', 'snapshot'],
  ['DEGRADED', 'key', 'olderAnswer', 'olderEvent'],
]

t.test('the newest word wins, in whatever order they come and however often', async (t) => {
  for (const [winner, ...names] of WINNERS)
    for (const order of permutations(names)) {
      const { view, state } = open()
      for (const name of order) says[name](view)
      for (const name of order) says[name](view)
      t.equal(state(), winner, order.join(', '))
    }
})

t.test('a later snapshot replaces an earlier one; a stale one ends it; both yield to any other', async (t) => {
  const { view, state, key } = open()
  view.advise('a', 'HEALTHY')
  view.advise('a', 'DEGRADED')
  t.equal(state(), 'DEGRADED')
  view.advise('a', 'UNKNOWN')
  t.equal(state(), 'UNKNOWN')
  key('HEALTHY', 0)
  view.advise('a', 'UNKNOWN')
  t.equal(state(), 'HEALTHY')
})

t.test('each change is told once', async (t) => {
  const { view, changes, state, key, pass } = open()
  view.tell('a', event('HEALTHY', 0))
  view.tell('a', event('HEALTHY', 0))
  key('HEALTHY', 0)
  key('HEALTHY', 10_000)
  view.tell('a', event('UNHEALTHY', 15_000, 2))
  pass(SILENCE)
  t.equal(state(), 'UNKNOWN', 'at once, whoever asks')
  view.settle(new Set(['a']))
  view.settle(new Set(['a']))
  view.tell('a', event('HEALTHY', 90_000, 3))
  pass(SILENCE)
  view.tell('a', event('HEALTHY', 160_000, 4))
  view.forget('a')
  view.forget('a')
  t.same(changes, [
    'UNKNOWN > HEALTHY',
    'HEALTHY > UNHEALTHY',
    'UNHEALTHY > UNKNOWN',
    'UNKNOWN > HEALTHY',
    'HEALTHY > UNKNOWN',
    'UNKNOWN > HEALTHY',
    'HEALTHY > UNKNOWN',
  ])
})

t.test('a word lives for the silence from when it was heard, or for what is left of its key', async (t) => {
  const heard = open()
  heard.key('HEALTHY', 0)
  heard.pass(SILENCE - 1)
  heard.key('HEALTHY', 0)
  t.equal(heard.state(), 'HEALTHY')
  heard.pass(1)
  t.equal(heard.state(), 'UNKNOWN', 'the same report again does not lengthen it')
  heard.key('HEALTHY', 0)
  t.equal(heard.state(), 'UNKNOWN')
  heard.key('HEALTHY', 60_001)
  t.equal(heard.state(), 'HEALTHY', 'the next report')

  const late = open()
  t.ok(late.view.wantsLife('a'))
  late.key('HEALTHY', 0, 7_000)
  t.notOk(late.view.wantsLife('a'))
  late.pass(6_999)
  t.equal(late.state(), 'HEALTHY')
  t.ok(late.view.wantsLife('a'), 'not read for a while')
  late.key('HEALTHY', 0, SILENCE)
  t.equal(late.state(), 'HEALTHY', 'a key that is written again')
  late.pass(1)
  t.equal(late.state(), 'UNKNOWN')

  const told = open()
  told.view.tell('a', event('UNHEALTHY', 0))
  t.ok(told.view.wantsLife('a'))
  told.key('UNHEALTHY', 0, 7_000)
  told.pass(7_000)
  t.equal(told.state(), 'UNKNOWN', "an event's life is its key's, too")
})

t.test('a key that ended is silence; one that is gone before its time was lost by Redis', async (t) => {
  const { state, key, noKey, pass, changes } = open()
  key('HEALTHY', 0, 60_000)
  pass(SILENCE - 2 * POLL)
  noKey()
  t.equal(state(), 'UNKNOWN', 'about at its end')

  key('HEALTHY', 60_000, 60_000)
  pass(20_000)
  for (let polls = 0; polls < 5; polls += 1, pass(POLL)) noKey()
  t.equal(state(), 'HEALTHY', 'emptied')
  key('HEALTHY', 60_000)
  noKey()
  pass(26_000)
  noKey()
  t.equal(state(), 'UNKNOWN', 'emptied, and no report since')
  key('DEGRADED', 60_000, 3_000)
  t.equal(state(), 'DEGRADED', 'the key was there after all')
  t.same(changes.length, 5)
})

t.test('a word that no key bears out is over when its key is missed twice', async (t) => {
  const words: Say[] = [says.snapshot, says.event, says.answer]
  for (const say of words) {
    const { view, state, key, noKey, pass } = open()
    say(view)
    const said = state()
    noKey()
    noKey()
    t.equal(state(), said, 'the key may be on its way')
    pass(POLL)
    noKey()
    t.equal(state(), 'UNKNOWN')
    key(said, 20, 50_000)
    say(view)
    t.equal(state(), said, 'it was')
  }
})

t.test('a key that was missed and found is not half missed', async (t) => {
  const { view, state, key, noKey, pass } = open()
  view.tell('a', event('HEALTHY', 0))
  noKey()
  pass(POLL)
  key('HEALTHY', 0)
  noKey()
  t.equal(state(), 'HEALTHY')
})

t.test('the internal API says who is silent, unless more is known here', async (t) => {
  const { view, state } = open()
  view.tell('a', event('HEALTHY', 0))
  view.answer('a', { state: 'UNKNOWN', at: AT - 1 }, true)
  t.equal(state(), 'HEALTHY', 'of an older report')
  view.answer('a', { state: 'UNKNOWN', at: AT }, true)
  t.equal(state(), 'UNKNOWN')
  view.tell('a', event('HEALTHY', 0))
  t.equal(state(), 'UNKNOWN', 'a duplicate brings nothing back')
  view.answer('a', { state: 'DEGRADED', at: AT + 70_000 }, false)
  t.equal(state(), 'DEGRADED')
})

t.test('a key is believed after a server clock was set back', async (t) => {
  const { view, state, key, pass } = open()
  key('HEALTHY', 3_600_000, 60_000)
  key('UNHEALTHY', 0, 60_000)
  t.equal(state(), 'HEALTHY')
  pass(SILENCE)
  key('UNHEALTHY', 50_000, 60_000)
  t.equal(state(), 'UNHEALTHY')
  pass(SILENCE)
  view.advise('a', 'HEALTHY')
  key('DEGRADED', 40_000)
  t.equal(state(), 'DEGRADED')
})

t.test('who is heard of for longest is known, and who is silent and in no directory is dropped', async (t) => {
  const { view, pass } = open()
  t.equal(view.touchedAt('a'), -Infinity)
  view.tell('a', event('HEALTHY', 0))
  const heard = view.touchedAt('a')
  pass(10)
  view.answer('a', { state: 'HEALTHY', at: AT }, false)
  t.equal(view.touchedAt('a'), heard + 10)
  pass(SILENCE)
  view.settle(new Set(['a']))
  t.equal(view.touchedAt('a'), heard + 10)
  view.settle(new Set())
  t.equal(view.touchedAt('a'), -Infinity)
  view.asked('a')
  t.equal(view.touchedAt('a'), heard + 10 + SILENCE)
})

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items]
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}
