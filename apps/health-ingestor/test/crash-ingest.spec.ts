// Killed by SIGKILL at each step of taking in health reports and of the relay that the ingestor runs.
import {
  assertSound,
  createdOperator,
  outlast,
  prepareCrashes,
  startService,
  unsettledReports,
  until,
} from '@oms/testkit'
import t from 'tap'
import type { IngestorKillPoint } from './mortal-main.ts'

const crashes = await prepareCrashes<IngestorKillPoint>(t)
const service = await startService(t, {
  entries: { 'health-ingestor': 'test/mortal-main.ts' },
  environment: { 'health-ingestor': crashes.environment },
})
const { admin, cache, events, report, sql } = service
const ingestor = service.app('health-ingestor')

// What a dead replica held comes again after AckWait. From here on the durable is the test's: 30 s would be long.
const manager = await events.nats.jetstreamManager()
await until('the durable', () =>
  manager.consumers
    .update('OPERATOR_HEALTH_INBOUND', 'ops-health-consumer', { ack_wait: 1_000_000_000 })
    .catch(() => null),
)
const restart = async (): Promise<void> => {
  await outlast(service, 'health-ingestor')
  await ingestor.start({ NATS_MANAGE_STREAMS: 'false' })
}

const settled = () =>
  until('reports that are settled', async () => ((await unsettledReports(events.jetstream)) === 0 ? true : undefined))

const statesOf = (operatorId: string) => sql`
  SELECT state, transitions::integer FROM ops.operator_health WHERE operator_id = ${operatorId}`

const keyOf = async (operatorId: string): Promise<unknown> =>
  (JSON.parse((await cache.get(`ops:health:${operatorId}`)) ?? '{}') as { status?: unknown }).status

const UNRECORDED = { transitions: 1, key: 'HEALTHY' }
const RECORDED = { transitions: 2, key: 'HEALTHY' }
const SHOWN = { transitions: 2, key: 'UNHEALTHY' }

for (const [point, left] of [
  ['before consumer.onBatch', UNRECORDED],
  ['before health.change', UNRECORDED],
  ['before decide', UNRECORDED],
  ['after health.change', RECORDED],
  ['before healthCache.put', RECORDED],
  ['after healthCache.put', SHOWN],
  ['after consumer.onBatch', SHOWN],
] as const) {
  t.test(`an ingestor that is killed ${point} takes in every report, and each transition once`, async (t) => {
    const { operatorId } = await createdOperator(admin)
    await report({ operatorId, bindState: 'BOUND' })
    await settled()
    await crashes.at(point, ingestor, () => report({ operatorId, bindState: 'UNBOUND', bindError: 'ESME_RBINDFAIL' }))
    t.match(await statesOf(operatorId), [{ transitions: left.transitions }])
    t.equal(await keyOf(operatorId), left.key)

    await restart()
    await settled()
    t.match(await statesOf(operatorId), [{ state: 'UNHEALTHY', transitions: 2 }])
    t.equal(await keyOf(operatorId), 'UNHEALTHY')
    await assertSound(service)
  })
}

for (const point of ['before deadLetters.publish', 'after deadLetters.publish'] as const) {
  t.test(`an ingestor that is killed ${point} leaves one dead letter for the hour`, async (t) => {
    const operatorId = `nobody-${point.split(' ')[0] ?? ''}`
    await crashes.at(point, ingestor, () => report({ operatorId }))
    await restart()
    await settled()
    const letters = (await events.stored('OPS_DEADLETTER')).filter(({ payload }) => payload.operatorId === operatorId)
    t.match(letters[0], { payload: { reason: 'UNKNOWN_OPERATOR' } })
    const hours = letters.map(({ payload }) => String(payload.at).slice(0, '2026-11-20T16'.length))
    t.same(hours, [...new Set(hours)])
  })
}

t.test('the relay of an ingestor, with nobody else to relay', async (t) => {
  const operators = await Promise.all(Array.from({ length: 4 }, () => createdOperator(admin)))
  await assertSound(service)
  await service.app('admin-api').stop()
  for (const [bindState, state, point] of [
    ['BOUND', 'HEALTHY', 'before publisher.publish'],
    ['UNBOUND', 'UNHEALTHY', 'after publisher.publish'],
    ['BOUND', 'HEALTHY', 'before outbox.markPublished'],
    ['UNBOUND', 'UNHEALTHY', 'after outbox.markPublished'],
  ] as const) {
    await crashes.at(point, ingestor, () =>
      Promise.all(operators.map(({ operatorId }) => report({ operatorId, bindState }))),
    )
    await restart()
    await settled()
    for (const { operatorId } of operators) t.match(await statesOf(operatorId), [{ state }], point)
  }
  await service.app('admin-api').start()
  await assertSound(service)
  for (const { operatorId } of operators) t.match(await statesOf(operatorId), [{ state: 'UNHEALTHY', transitions: 4 }])
})
