// What domain rules promise of state, log and events, held against every report that the inbound stream has: of one
// replica that nobody disturbs, and of two while an ingestor is killed or a server is lost, each under load.
import { startService, until } from '@oms/testkit'
import t from 'tap'
import { healthStory } from './support/health-story.ts'
import { reporting } from './support/reporting.ts'
import { wholeStream } from './support/whole-stream.ts'

const OPERATORS = 12
const LONG_MS = 90_000
const DURATIONS = { hold: 1, gap: 30, tolerance: 5 }
/** How many reports are to come between one thing and the next. */
const SOME = 4 * OPERATORS

const service = await startService(t, {
  ownPostgres: true,
  apps: { 'admin-api': 1, 'health-ingestor': 2 },
  environment: {
    'health-ingestor': { HEALTH_HOLD_SECONDS: String(DURATIONS.hold), HEALTH_GAP_SECONDS: String(DURATIONS.gap) },
  },
})
const { cache, events, nats, postgres, redis, report, sql } = service
const replicas = [service.app('health-ingestor'), service.app('health-ingestor', 1)] as const
const { key, newOperators, settled, tell } = healthStory(service)
const { equalsReference, nothingLost } = wholeStream(service)

// What a dead replica held comes again after AckWait. From here on the durable is the test's: 30 s would be long.
const manager = await events.nats.jetstreamManager()
await until('the durable', () =>
  manager.consumers
    .update('OPERATOR_HEALTH_INBOUND', 'ops-health-consumer', { ack_wait: 2_000_000_000 })
    .catch(() => undefined),
)
const OWN_DURABLE = { NATS_MANAGE_STREAMS: 'false' }
await Promise.all(replicas.map((replica) => replica.stop()))
await replicas[0].start(OWN_DURABLE)

t.test('one replica, undisturbed: state, log and events are those of the reference over the same stream', async (t) => {
  const operatorIds = await newOperators(OPERATORS)
  const metric = (name: string) => replicas[0].metric(name)
  const before = await metric('ops_health_transition_total')
  // One by one, so that nothing collapses; then all that come to be in one batch.
  for (const bindState of ['BOUND', 'UNBOUND', 'BOUND'] as const) {
    for (const operatorId of operatorIds.slice(0, 4)) await tell({ operatorId, bindState })
  }
  t.same(await equalsReference(operatorIds.slice(0, 4), DURATIONS), {
    faults: [],
    steps: 12,
    logged: 12,
    accepted: 12,
    replayed: 0,
  })
  const over = performance.now() + 1_500
  for (let round = 0; performance.now() < over; round += 1) {
    await Promise.all(
      operatorIds.map((operatorId, index) =>
        report({
          operatorId,
          bindState: (round * 5 + index) % 11 === 0 ? 'UNBOUND' : 'BOUND',
          errorRate: [0, 0.1, 0.3][index % 3] ?? 0,
        }),
      ),
    )
  }
  await settled()
  const verdict = await equalsReference(operatorIds, DURATIONS)
  t.same(verdict.faults, [])
  t.equal(verdict.logged, (await metric('ops_health_transition_total')) - before)
  t.equal(verdict.logged + (await metric('ops_health_collapsed_flaps_total')), verdict.steps)
  t.equal(await metric('ops_health_rejected_total'), 0, 'all were accepted')
  t.comment(`${verdict.accepted} reports, ${verdict.steps} steps, ${verdict.logged} logged`)
})

const back = (what: string, there: () => Promise<unknown>) =>
  until(
    what,
    () =>
      there()
        .then(() => true)
        .catch(() => undefined),
    LONG_MS,
  )

for (const [disturbance, disturb] of [
  [
    'an ingestor is killed',
    async () => {
      await replicas[0].kill()
      await replicas[0].start(OWN_DURABLE)
    },
  ],
  [
    'Redis is killed and started again',
    async () => {
      await redis.kill()
      await redis.start()
      await back('Redis', () => cache.ping())
    },
  ],
  [
    'NATS is killed and started again',
    async () => {
      await nats.kill()
      await nats.start()
      await back('NATS', () => events.nats.rtt())
    },
  ],
  [
    'PostgreSQL is stopped and started again',
    async () => {
      await postgres?.stop()
      await postgres?.start()
      await back('PostgreSQL', () => sql`SELECT 1`)
    },
  ],
] as const) {
  t.test(
    `two replicas under load while ${disturbance}: nothing of what the stream has is lost or doubled`,
    async (t) => {
      const operatorIds = await newOperators(OPERATORS)
      // Also the second one, which the first test had no use for.
      await replicas[1].kill()
      await replicas[1].start(OWN_DURABLE)
      let sent = 0
      const counted = async (said: Parameters<typeof report>[0]) => {
        await report(said)
        sent += 1
      }
      const stop = reporting(counted, operatorIds, (round) => (round % 3 === 0 ? 'UNBOUND' : 'BOUND'))
      const more = async (what: string) => {
        const target = sent + SOME
        await until(`${SOME} reports ${what}`, async () => (sent >= target ? true : undefined), LONG_MS)
      }
      await more('before')
      await disturb()
      await more('after')
      await stop()
      await settled(LONG_MS)
      t.same(await nothingLost(operatorIds), [])
      t.equal(
        (await Promise.all(operatorIds.map(key))).filter((held) => held === undefined).length,
        0,
        'every key is there',
      )
    },
  )
}
