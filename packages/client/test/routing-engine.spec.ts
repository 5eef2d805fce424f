// US-OPS-06: routing-engine chooses by what is true now, in less than a second after a change of state or rule.
import { anOperator, createdOperator, expectStatus, startService, until } from '@oms/testkit'
import t from 'tap'
import { type Carrier, aCarrier, startRoutingEngine } from './support/routing-engine.ts'

const CHANGES = 10

const service = await startService(t)
const { admin, cache, report } = service
const engine = await startRoutingEngine(service, { as: 'smpp-connector' })
const { client } = engine
t.teardown(() => client.close())

const median = (figures: readonly number[]): number => figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? NaN

/** Two operators of one prefix, the first preferred, both healthy. */
async function rivals(prefix: string): Promise<readonly [Carrier, Carrier]> {
  const first = await aCarrier(admin, prefix, 1)
  const second = await aCarrier(admin, prefix, 2)
  for (const { operatorId } of [first, second]) await report({ operatorId })
  await engine.untilChosen(`${prefix}123456`, first.operatorId)
  const healthy = () => client.route(`${prefix}123456`).every(({ healthState }) => healthState === 'HEALTHY')
  await until('both healthy', () => Promise.resolve(healthy() ? true : undefined))
  return [first, second]
}

t.test('US-OPS-06: the choice follows a change of state in less than a second', async (t) => {
  const [first, second] = await rivals('+9370')
  const took: number[] = []
  for (let change = 0; change < CHANGES; change += 1) {
    const bound = change % 2 === 1
    await report({ operatorId: first.operatorId, bindState: bound ? 'BOUND' : 'UNBOUND' })
    took.push(await engine.untilChosen('+9370123456', (bound ? first : second).operatorId))
  }
  t.comment(`state change → choice: ${took.map((figure) => Math.round(figure)).join(', ')} ms`)
  t.ok(median(took) < 1_000)
})

t.test('US-OPS-06: the choice follows a change of a rule in less than a second', async (t) => {
  const [first, second] = await rivals('+9371')
  const took: number[] = []
  for (let change = 0; change < CHANGES; change += 1) {
    const last = change % 2 === 0
    await first.prefer(last ? 9 : 1)
    took.push(await engine.untilChosen('+9371123456', (last ? second : first).operatorId))
  }
  t.comment(`rule change → choice: ${took.map((figure) => Math.round(figure)).join(', ')} ms`)
  t.ok(median(took) < 1_000)
})

t.test('who is no longer in service is no longer chosen, and a deleted operator is gone from everywhere', async (t) => {
  const [first, second] = await rivals('+9372')
  const inService = (status: string) => admin('PATCH', `/operators/${second.operatorId}`, { status })
  expectStatus(await admin('DELETE', `/operators/${first.operatorId}`), 204)
  await engine.untilChosen('+9372123456', second.operatorId)
  t.equal(client.directory.get(first.operatorId), undefined)
  await t.rejects(client.credentials(first.operatorId), { code: 'NOT_FOUND' })
  await t.rejects(client.health(first.operatorId), { code: 'NOT_FOUND' })
  expectStatus(await inService('SUSPENDED'), 200)
  await engine.untilChosen('+9372123456', undefined)
  expectStatus(await inService('ACTIVE'), 200)
  await engine.untilChosen('+9372123456', second.operatorId)
})

t.test('US-OPS-06 AC5: health comes from Redis, and from the internal API when Redis has nothing', async (t) => {
  const { operatorId } = await createdOperator(admin)
  t.match(await client.health(operatorId), { healthState: 'UNKNOWN', source: 'redis' }, 'since its create')
  await report({ operatorId })
  const healthy = async () => ((await client.health(operatorId)).healthState === 'HEALTHY' ? true : undefined)
  await until('the key', healthy)
  t.match(await client.health(operatorId), { healthState: 'HEALTHY', healthStale: false, source: 'redis' })
  await cache.del(`ops:health:${operatorId}`)
  t.match(await client.health(operatorId), { healthState: 'HEALTHY', healthStale: false, source: 'postgres' })
  await t.rejects(client.health('00000000-0000-4000-8000-000000000000'), { code: 'NOT_FOUND' })
})

t.test('credentials are read once, and anew after a change', async (t) => {
  const { operatorId } = await createdOperator(admin, { password: 'first-1' })
  await until('the operator', () => Promise.resolve(client.directory.get(operatorId)))
  const both = await Promise.all([client.credentials(operatorId), client.credentials(operatorId)])
  t.equal(both[0], both[1], 'one request')
  t.equal(await client.credentials(operatorId), both[0])
  t.match(both[0], { password: 'first-1', version: 1 })
  expectStatus(await admin('PATCH', `/operators/${operatorId}`, { password: 'second2' }), 200)
  const renewed = async () => {
    const now = await client.credentials(operatorId)
    return now.version === 2 ? now : undefined
  }
  t.match(await until('the new password', renewed), { password: 'second2', credentialsVersion: 2 })
})

t.test('the directory is the same as one that begins now', async (t) => {
  await createdOperator(admin, { tpsLimit: { maxTps: 7 } })
  const { operatorId } = await createdOperator(admin, anOperator({ notes: 'kept' }))
  expectStatus(await admin('PATCH', `/operators/${operatorId}`, { tpsLimit: { burstMultiplier: 2 }, notes: null }), 200)
  await until('the change', () => Promise.resolve(client.directory.get(operatorId)?.version === 2 ? true : undefined))
  await using late = await startRoutingEngine(service)
  const listed = ({ directory }: typeof client) =>
    [...directory.all()].toSorted((a, b) => a.operatorId.localeCompare(b.operatorId))
  t.same(listed(client), listed(late.client))
  t.equal(client.directory.size, late.client.directory.size)
  await t.rejects(late.client.credentials(operatorId), { code: 'REFUSED' }, 'routing-engine may not read a password')
})

t.test('nothing was lost or wrong on the way', async (t) => {
  t.same(engine.problems, [])
})
