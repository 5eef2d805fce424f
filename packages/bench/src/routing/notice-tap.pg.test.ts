import { testStack } from '@oms/devstack'
import postgres from 'postgres'
import t from 'tap'
import { tapNotices } from './notice-tap.ts'

t.test('what the server notices is read in full, and the client gets its answers', async (t) => {
  const { postgres: server } = await testStack(t, ['postgres'])
  const tap = await tapNotices(server.url)
  const sql = postgres(tap.url, { max: 1, fetch_types: false, onnotice: () => {} })
  t.teardown(async () => {
    await sql.end({ timeout: 1 })
    await tap[Symbol.asyncDispose]()
  })

  await sql.unsafe(`DO $$ BEGIN RAISE NOTICE 'first'; RAISE NOTICE '%', repeat('Mé', 100000); END $$`)
  t.same(tap.notices(), ['first', 'Mé'.repeat(100_000)], 'one that no single packet holds, too')
  t.equal((await sql`SELECT repeat('N', 100000) AS answer`)[0]?.answer, 'N'.repeat(100_000))
  t.equal(tap.notices().length, 2, 'an answer is no notice')
})
