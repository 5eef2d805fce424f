import t from 'tap'
import { eventually } from './contract/bench.ts'
import { open, secret } from './test-vault.ts'

const settled = (promise: Promise<{ status: number }>) =>
  promise.then(
    ({ status }) => status,
    () => 'cut',
  )

t.test('faults: slow answers late, fail answers with the status and does nothing', async (t) => {
  const { vault, call } = await open(t)
  const undo = vault.faults.slow(300)
  const began = performance.now()
  await call('GET', 'sys/health')
  t.ok(performance.now() - began >= 290)
  undo()
  vault.faults.fail(500, { when: ({ method }) => method === 'POST', times: 1 })
  t.equal((await call('GET', 'sys/health')).status, 200)
  t.equal((await call('POST', 'secret/data/a', secret)).status, 500)
  t.equal((await call('GET', 'secret/data/a')).status, 404)
  t.equal((await call('POST', 'secret/data/a', secret)).status, 200, 'one time was asked for')
})

t.test('faults: a dropped connection before or after the write', async (t) => {
  const { vault, call } = await open(t)
  vault.faults.dropBeforeWrite({ times: 1 })
  t.equal(await settled(call('POST', 'secret/data/a', secret)), 'cut')
  t.equal((await call('GET', 'secret/data/a')).status, 404)
  vault.faults.dropAfterWrite({ times: 1 })
  t.equal((await call('GET', 'secret/data/a')).status, 404, 'a read is no write')
  t.equal(await settled(call('POST', 'secret/data/a', secret)), 'cut')
  t.equal((await call('GET', 'secret/data/a')).status, 200)
  t.match(vault.requests.slice(-2), [{ method: 'POST', path: '/v1/secret/data/a', status: 0 }, { status: 200 }])
})

t.test('faults: a slowed write happens although its caller has given up', async (t) => {
  const { vault, call } = await open(t)
  vault.faults.slow(500, { times: 1 })
  const given = AbortSignal.timeout(100)
  const write = { method: 'POST', headers: { 'x-vault-token': vault.rootToken }, body: JSON.stringify(secret.body) }
  await t.rejects(fetch(`${vault.url}/v1/secret/data/late`, { ...write, signal: given }))
  t.equal((await call('GET', 'secret/data/late')).status, 404, 'not yet')
  await eventually(async () => (await call('GET', 'secret/data/late')).status === 200)
})

t.test('faults: hang holds a request until the faults are cleared', async (t) => {
  const { vault, call } = await open(t)
  vault.faults.hang({ when: ({ path }) => path.endsWith('/held') })
  const held = settled(call('POST', 'secret/data/held', secret))
  await eventually(async () => vault.requests.some(({ path, status }) => path.endsWith('/held') && status === 0))
  t.equal((await call('POST', 'secret/data/other', secret)).status, 200)
  vault.faults.clear()
  t.equal(await held, 'cut')
  t.equal((await call('GET', 'secret/data/held')).status, 404)
})

t.test('faults: away refuses connections, back is the same place with the same data', async (t) => {
  const { vault, call } = await open(t)
  await call('POST', 'secret/data/a', secret)
  await vault.faults.away()
  t.equal(await settled(call('GET', 'secret/data/a')), 'cut')
  await vault.faults.back()
  t.equal((await call('GET', 'secret/data/a')).status, 200)
  await vault.stop()
  await vault.start()
  t.equal((await call('GET', 'secret/data/a')).status, 200)
})

t.test('requests are logged without what they carried, and a hook sees each', async (t) => {
  const lines: string[] = []
  const { vault, call } = await open(t, { log: (line) => lines.push(line) })
  const seen: string[] = []
  vault.faults.onRequest(({ method, path }) => void seen.push(`${method} ${path}`))
  await call('POST', 'secret/data/a?x=canary-7f3a', secret)
  await call('LIST', 'secret/metadata')
  t.same(vault.requests, [
    { method: 'POST', path: '/v1/secret/data/a', status: 200 },
    { method: 'LIST', path: '/v1/secret/metadata', status: 200 },
  ])
  t.same(seen, ['POST /v1/secret/data/a', 'LIST /v1/secret/metadata'])
  t.notOk(JSON.stringify([vault.requests, lines]).includes('canary'))
  t.notOk(JSON.stringify([vault.requests, lines]).includes(vault.rootToken))
})
