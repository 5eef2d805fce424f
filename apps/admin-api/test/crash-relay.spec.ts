// Killed by SIGKILL at each step of what admin-api does in the background: relay and sweeper.
import {
  anOperator,
  assertNothingHalfMade,
  assertSound,
  createdOperator,
  outlast,
  prepareCrashes,
  startService,
} from '@oms/testkit'
import t from 'tap'
import type { AdminKillPoint } from './mortal-main.ts'

const crashes = await prepareCrashes<AdminKillPoint>(t)
const service = await startService(t, {
  apps: { 'admin-api': 1, 'internal-api': 1 },
  entries: { 'admin-api': 'test/mortal-main.ts' },
  environment: { 'admin-api': crashes.environment },
})
const { admin, events, passwordIn, secrets, sql } = service
const adminApi = service.app('admin-api')

async function restart(): Promise<void> {
  await outlast(service, 'admin-api')
  await adminApi.start()
}

/** Changes of known operators and creates of new ones, all at once; each ends as the crash lets it. */
async function traffic(operatorIds: readonly string[]): Promise<void> {
  const change = async (operatorId: string): Promise<void> => {
    for (const notes of ['first', 'second', 'third']) await admin('PATCH', `/operators/${operatorId}`, { notes })
  }
  await Promise.allSettled([
    ...operatorIds.map(change),
    ...Array.from({ length: 4 }, () => admin('POST', '/operators', anOperator())),
  ])
}

/** How many events the streams have, and of how many the outbox knows it. */
async function progress(): Promise<{ stored: number; marked: number }> {
  const [row] = await sql<{ marked: number }[]>`
    SELECT count(*)::integer AS marked FROM ops.outbox WHERE published_at IS NOT NULL`
  const [config, history] = [await events.stored('OPERATOR_CONFIG'), await events.stored('OPS_AUDIT')]
  return { stored: config.length + history.length, marked: row?.marked ?? 0 }
}

for (const [point, left] of [
  ['before publisher.publish', 'nothing new in the stream'],
  ['after publisher.publish', 'an event in the stream that is not marked'],
  ['before outbox.markPublished', 'an event in the stream that is not marked'],
  ['after outbox.markPublished', 'something marked'],
] as const) {
  t.test(`a relay that is killed ${point}, which leaves ${left}, tells each version once and in order`, async (t) => {
    const known = await Promise.all(Array.from({ length: 3 }, () => createdOperator(admin)))
    await assertSound(service)
    const before = await progress()
    await crashes.at(point, adminApi, () => traffic(known.map(({ operatorId }) => operatorId)))
    const after = await progress()
    t.match(
      {
        'nothing new in the stream': after.stored === before.stored && after.marked === before.marked,
        'an event in the stream that is not marked': after.stored > after.marked && after.marked === before.marked,
        'something marked': after.marked > before.marked,
      },
      { [left]: true },
    )
    await assertNothingHalfMade(service)
    await restart()
    await assertSound(service)
    t.ok((await progress()).stored > before.stored)
  })
}

/** A create that died between its two transactions; returns its id. */
async function unfinishedCreate(): Promise<string> {
  await crashes.at('after credentials.write', adminApi, () => admin('POST', '/operators', anOperator()))
  const [row] = await sql<{ operatorId: string }[]>`
    SELECT operator_id AS "operatorId" FROM ops.operators WHERE provisioning = 'PENDING'`
  return row?.operatorId ?? 'none'
}

const sweepsOf = (operatorId: string) => sql`
  SELECT sweeps FROM ops.credential_cleanup WHERE operator_id = ${operatorId}`

for (const [point, left] of [
  ['before credentials.destroy', { rows: 1, sweeps: 0, secret: true }],
  ['after credentials.destroy', { rows: 1, sweeps: 0, secret: false }],
  ['after cleanup.processNext', { rows: 0, sweeps: 1, secret: false }],
] as const) {
  t.test(`a sweeper that is killed ${point} leaves nothing in the end`, async (t) => {
    const operatorId = await unfinishedCreate()
    t.equal(await passwordIn(operatorId), 'pass-wd1')
    await outlast(service, 'admin-api')
    await crashes.at(point, adminApi, () => adminApi.start())
    t.equal((await sql`SELECT FROM ops.operators WHERE operator_id = ${operatorId}`).length, left.rows)
    t.match(await sweepsOf(operatorId), [{ sweeps: left.sweeps }])
    t.equal((await passwordIn(operatorId)) !== undefined, left.secret)

    await restart()
    await assertSound(service)
    t.equal(await passwordIn(operatorId), undefined)
    t.match(await sweepsOf(operatorId), [{ sweeps: 1 }])
  })
}

t.test('a Vault write that lands after the sweep is found, and destroyed by the second pass', async (t) => {
  const operatorId = await unfinishedCreate()
  await restart()
  await assertSound(service)
  const late = { systemId: 'late', password: 'late-pw1' }
  await secrets('POST', `secret/data/ops/operators/${operatorId}/credentials`, { body: { data: late } })
  await t.rejects(assertSound(service), { message: `${operatorId}: a secret without an operator` })

  await adminApi.stop()
  await sql`UPDATE ops.credential_cleanup SET due_at = now() WHERE operator_id = ${operatorId}`
  await crashes.at('after credentials.destroy', adminApi, () => adminApi.start())
  await restart()
  await assertSound(service)
  t.same(await sweepsOf(operatorId), [])
})
