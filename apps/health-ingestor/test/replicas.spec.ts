import { assertSound, isAcknowledged, lostWrites, startService, startWrites, storedReports, until } from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { healthStory } from './support/health-story.ts'

const LONG_MS = 60_000

const service = await startService(t, {
  apps: { 'admin-api': 2, 'internal-api': 1, 'health-ingestor': 2 },
  environment: { 'health-ingestor': { HEALTH_HOLD_SECONDS: '1', HEALTH_GAP_SECONDS: '3' } },
})
const { events, report, sql } = service
const { newOperators, records } = healthStory(service)
const replicas = (['admin-api', 'health-ingestor'] as const).flatMap((name) => [
  service.app(name),
  service.app(name, 1),
])
const admins = await Promise.all([service.adminAs({}, 0), service.adminAs({}, 1)])

const pick = <T>(choices: readonly T[]): T => choices[Math.floor(Math.random() * choices.length)] as T
const leaders = async () => {
  // Who is not running does not lead.
  const led = await Promise.all(replicas.map((replica) => replica.metric('ops_relay_leader').catch(() => 0)))
  return replicas.filter((_, index) => led[index] === 1)
}
const leader = () => until('a leader of the relay', async () => (await leaders())[0], LONG_MS)
const holder = async () =>
  (await sql<{ holder: string }[]>`SELECT holder FROM ops.leases WHERE name = 'relay'`)[0]?.holder

/** Keeps doing it until the answer is called. */
function whileItLasts(work: () => Promise<unknown>): () => Promise<void> {
  const over = new AbortController()
  const working = (async () => {
    while (!over.signal.aborted) {
      await work()
      await sleep(50)
    }
  })()
  return async () => {
    over.abort()
    await working
  }
}

t.test('two replicas of each, one of each killed under load: nothing is lost, doubled or out of order', async (t) => {
  const operatorIds = await newOperators(20)
  const stranger = randomUUID()
  const hour = new Date().getUTCHours()
  const writes = startWrites(() => pick(admins), { pauseMs: 30 })
  let mostLeaders = 0
  const stopCounting = whileItLasts(async () => {
    mostLeaders = Math.max(mostLeaders, (await leaders()).length)
  })
  const stopReporting = whileItLasts(async () => {
    const created = writes.writes.filter(({ status }) => status === 201).map(({ operatorId }) => operatorId)
    const reported = Array.from({ length: 10 }, () => pick([...operatorIds, ...created, stranger]))
    await Promise.all(
      reported.map((operatorId) =>
        report({ operatorId, bindState: pick(['BOUND', 'BOUND', 'UNBOUND']), errorRate: pick([0, 0.1, 0.3]) }),
      ),
    )
  })

  const first = await leader()
  const heldBy = await holder()
  await until('some work done', async () => ((await records()).size >= 20 ? true : undefined), LONG_MS)
  const victims = [first, pick(replicas.filter(({ app }) => app !== first.app))]
  t.comment(`killed: ${victims.map(({ app }) => app).join(' (the leader), ')}`)
  await Promise.all(victims.map((victim) => victim.kill()))
  const since = performance.now()
  await Promise.all(victims.map((victim) => victim.start()))
  await until('another leader', async () => ((await holder()) === heldBy ? undefined : true), LONG_MS)
  await leader()
  t.comment(`the relay goes on after ${((performance.now() - since) / 1_000).toFixed(1)} s`)
  const attempted = writes.writes.length
  await until(
    'writes after the takeover',
    () => Promise.resolve(writes.writes.length >= attempted + 20 ? true : undefined),
    LONG_MS,
  )
  const written = await writes.stop()
  await Promise.all([stopReporting(), stopCounting()])

  const acknowledged = written.filter(isAcknowledged)
  const unanswered = written.filter(({ status }) => status === 0).length
  t.comment(`${written.length} changes, ${acknowledged.length} acknowledged, ${unanswered} unanswered`)
  t.same(
    written.filter(({ status, code }) => status >= 400 && code !== 'OPERATOR_NOT_FOUND' && status !== 503),
    [],
  )
  t.same(
    [...new Set(acknowledged.map(({ kind }) => kind))].toSorted(),
    ['create', 'delete', 'rotate', 'update'],
    'every kind of change was among them',
  )
  t.equal(mostLeaders, 1, 'never more than one leader of the relay')

  // What a killed create left behind is due a minute later.
  await sql`UPDATE ops.credential_cleanup SET due_at = now() WHERE reason <> 'deleted' AND sweeps = 0`
  await until(
    'the sweeper to pass',
    async () => ((await sql`SELECT FROM ops.credential_cleanup WHERE due_at <= now()`).length === 0 ? true : undefined),
    LONG_MS,
  )
  const newest = new Map((await storedReports(events.jetstream)).map((one) => [one.operatorId, one.sequence]))
  await until(
    'the newest report of every operator',
    async () => {
      const known = await records()
      const late = operatorIds.filter((id) => known.get(id)?.lastStreamSequence !== newest.get(id))
      return late.length === 0 ? true : undefined
    },
    LONG_MS,
  )
  await until(
    'an empty outbox',
    async () => ((await sql`SELECT FROM ops.outbox WHERE published_at IS NULL`).length === 0 ? true : undefined),
    LONG_MS,
  )
  await assertSound(service)
  t.same(await lostWrites(service, written), [])
  const letters = (await events.stored('OPS_DEADLETTER')).filter(({ payload }) => payload.operatorId === stranger)
  if (new Date().getUTCHours() === hour) t.equal(letters.length, 1, 'one dead letter, whichever replica wrote it')
})
