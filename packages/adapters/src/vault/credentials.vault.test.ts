import t from 'tap'
import { createVaultCall } from '@oms/devstack/vault'
import type { OperatorId } from '@oms/domain'
import { credentialsStoreContract } from '@oms/domain/contracts'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { credentialsOf, newId, onData, unavailable, vaultBench } from '../../test/support/vault-bench.ts'
import { openVault } from './index.ts'
import { untilHolds } from '../../test/support/until.ts'

const { dev, tokenFile, tokenPath, open, asRoot } = await vaultBench(t)

credentialsStoreContract(t, (t) => open(t))

t.test('the secret lies where other readers look for it, with these two keys', async (t) => {
  const { credentials } = await open(t)
  const id = newId()
  await credentials.write(id, credentialsOf('smsc', 's3cret'), 0)
  const { data } = await asRoot('GET', `secret/data/ops/operators/${id}/credentials`)
  t.same(data.data, { systemId: 'smsc', password: 's3cret' })
})

t.test('a version that was deleted or destroyed is not there, and neither is version 0', async (t) => {
  const { credentials, results } = await open(t)
  const id = newId()
  await credentials.write(id, credentialsOf('smsc', 'one'), 0)
  await credentials.write(id, credentialsOf('smsc', 'two'), 1)
  await credentials.write(id, credentialsOf('smsc', 'three'), 2)
  await asRoot('POST', `secret/delete/ops/operators/${id}/credentials`, { body: { versions: [1] } })
  await asRoot('POST', `secret/destroy/ops/operators/${id}/credentials`, { body: { versions: [2] } })
  t.equal(await credentials.read(id, 1), undefined)
  t.equal(await credentials.read(id, 2), undefined)
  t.equal(await credentials.read(id, 0), undefined)
  t.equal(await credentials.read(id, -1), undefined)
  t.equal((await credentials.read(id, 3))?.password.reveal(), 'three')
  t.same(results('read'), ['not_found', 'not_found', 'ok'])
  t.same(results('write'), ['ok', 'ok', 'ok'])
})

t.test('a secret that is no pair of credentials is unclear, and opens no circuit', async (t) => {
  const { credentials, circuit } = await open(t, { limits: { breakerFailures: 1 } })
  const id = newId()
  for (const data of [
    {},
    { systemId: 'smsc' },
    { systemId: 'smsc', password: 7 },
    { systemId: 'x'.repeat(16), password: 'p' },
  ]) {
    const { data: written } = await asRoot('POST', `secret/data/ops/operators/${id}/credentials`, { body: { data } })
    await t.rejects(credentials.read(id, Number(written.version)), unavailable('unclear'))
  }
  t.same(circuit, [])
})

t.test('what is no operator id reaches no path', async (t) => {
  const { credentials } = await open(t)
  const before = dev.requests.length
  for (const name of ['../../sys/raw', 'a/b', '', '.', 'a?version=1', 'a%2Fb', 'a#b']) {
    const id = name as OperatorId
    await t.rejects(credentials.read(id, 1), { code: 'INVALID_PAYLOAD' })
    await t.rejects(credentials.latestVersion(id), { code: 'INVALID_PAYLOAD' })
    await t.rejects(credentials.destroy(id), { code: 'INVALID_PAYLOAD' })
    await t.rejects(credentials.write(id, credentialsOf('a', 'b'), 0), { code: 'INVALID_PAYLOAD' })
  }
  t.equal(dev.requests.length, before)
})

t.test('a mount that is not there is a fault, not an absent secret', async (t) => {
  const token = await tokenFile(dev.rootToken)
  const { credentials } = await open(t, { kvMount: 'elsewhere/kv', auth: { method: 'token', tokenPath: token } })
  await t.rejects(credentials.read(newId(), 1), unavailable('refused'))
  await t.rejects(credentials.latestVersion(newId()), unavailable('refused'))
  await t.rejects(credentials.destroy(newId()), unavailable('refused'))
  for (const kvMount of ['', '../secret', 'a//b', '/secret', 'secret/', 'se cret', 'a/../b', 'a?b']) {
    t.throws(() => openVault({ address: dev.url, kvMount, auth: { method: 'token', tokenPath } }), TypeError, kvMount)
  }
})

t.test('a mount of another name is used', async (t) => {
  await asRoot('POST', 'sys/mounts/team-a/kv', { body: { type: 'kv', options: { version: '2' } } })
  const token = await tokenFile(dev.rootToken)
  const { credentials } = await open(t, { kvMount: 'team-a/kv', auth: { method: 'token', tokenPath: token } })
  const id = newId()
  t.equal(await credentials.write(id, credentialsOf('smsc', 'one'), 0), 1)
  t.equal(await credentials.write(id, credentialsOf('smsc', 'two'), 1), 2)
  t.equal((await credentials.read(id, 2))?.password.reveal(), 'two')
  t.equal((await asRoot('GET', `team-a/kv/data/ops/operators/${id}/credentials`)).status, 200)
})

t.test('a namespace goes with every call', async (t) => {
  const inside = createVaultCall({ url: dev.url, token: dev.rootToken, namespace: 'carrier' })
  await inside('POST', 'sys/mounts/secret', { body: { type: 'kv', options: { version: '2' } } })
  const token = await tokenFile(dev.rootToken)
  const { credentials } = await open(t, { namespace: 'carrier', auth: { method: 'token', tokenPath: token } })
  const id = newId()
  t.equal(await credentials.write(id, credentialsOf('smsc', 'one'), 0), 1)
  t.equal(await credentials.write(id, credentialsOf('smsc', 'two'), 1), 2)
  t.equal((await inside('GET', `secret/data/ops/operators/${id}/credentials`)).status, 200)
  t.equal((await asRoot('GET', `secret/data/ops/operators/${id}/credentials`)).status, 404)
})

t.test('a write that lost the race is no fault of Vault', async (t) => {
  const { credentials, results, circuit } = await open(t, { limits: { breakerFailures: 1 } })
  const id = newId()
  await credentials.write(id, credentialsOf('smsc', 'one'), 0)
  await t.rejects(credentials.write(id, credentialsOf('smsc', 'two'), 0), unavailable('cas_mismatch'))
  await t.rejects(credentials.write(id, credentialsOf('smsc', 'two'), 7), unavailable('cas_mismatch'))
  t.same(results('write'), ['ok', 'cas_mismatch', 'cas_mismatch'])
  t.same(circuit, [])
})

t.test('200 reads in a row need no new connection', async (t) => {
  let connections = 0
  const proxy = createServer((request, response) => {
    fetch(`${dev.url}${request.url}`, { headers: { 'x-vault-token': String(request.headers['x-vault-token']) } })
      .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
      .catch(() => response.destroy())
  })
  proxy.on('connection', () => {
    connections += 1
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => proxy.close())
  const writer = await open(t)
  const id = newId()
  await writer.credentials.write(id, credentialsOf('smsc', 'one'), 0)
  const { credentials } = await open(t, { address: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` })
  const before = connections
  for (let index = 0; index < 200; index++) await credentials.read(id, 1)
  t.ok(before > 0)
  t.equal(connections, before)
})

t.test('a read is tried once more, a write never', async (t) => {
  const { credentials, results } = await open(t)
  const id = newId()
  await credentials.write(id, credentialsOf('smsc', 'one'), 0)

  dev.faults.fail(500, { ...onData, times: 1 })
  t.ok(await credentials.read(id, 1))
  dev.faults.dropBeforeWrite({ ...onData, times: 1 })
  t.ok(await credentials.read(id, 1))
  dev.faults.fail(500, { ...onData, times: 2 })
  await t.rejects(credentials.read(id, 1), { ...unavailable('unavailable'), retryAfter: Number })
  t.same(results('read'), ['error', 'ok', 'error', 'ok', 'error', 'error'])

  dev.faults.fail(500, { ...onData, times: 1 })
  await t.rejects(credentials.write(id, credentialsOf('smsc', 'two'), 1), unavailable('unavailable'))
  dev.faults.dropAfterWrite({ ...onData, times: 1 })
  await t.rejects(credentials.write(id, credentialsOf('smsc', 'two'), 1), unavailable('unreachable'))
  t.equal(await credentials.latestVersion(id), 2, 'it had happened, once')
  t.same(results('write'), ['ok', 'error', 'error'])
})

t.test('a Vault that is slow, silent, sealed or away costs a bounded time, and serves again by itself', async (t) => {
  const { credentials, ping, answers, results } = await open(t, {
    limits: { timeoutMs: 300, breakerFailures: 1_000 },
  })
  const id = newId()
  await credentials.write(id, credentialsOf('smsc', 'one'), 0)
  const write = (version: number) => credentials.write(id, credentialsOf('smsc', 'next'), version)

  const quick = dev.faults.slow(20)
  t.ok(await credentials.read(id, 1), 'a little slow is no fault')
  quick()
  const slow = dev.faults.slow(3_000, onData)
  await t.rejects(credentials.read(id, 1), { ...unavailable('unreachable'), cause: { code: 'TIMEOUT' } })
  slow()

  const hang = dev.faults.hang()
  await t.rejects(credentials.read(id, 1), { ...unavailable('unreachable'), cause: { code: 'TIMEOUT' } })
  await t.rejects(write(1), { ...unavailable('unreachable'), cause: { code: 'TIMEOUT' } })
  await t.rejects(ping(), unavailable('unreachable'))
  await t.rejects(ping(AbortSignal.timeout(10)), { ...unavailable('unreachable'), cause: { code: 'ABORTED' } })
  hang()

  dev.faults.seal()
  await t.rejects(credentials.read(id, 1), unavailable('unavailable'))
  await t.rejects(write(1), unavailable('unavailable'))
  await t.rejects(credentials.destroy(id), unavailable('unavailable'))
  await t.rejects(ping(), { code: 'VAULT_UNAVAILABLE', message: 'Vault is sealed' })
  dev.faults.unseal()

  await dev.faults.away()
  await t.rejects(credentials.read(id, 1), { ...unavailable('unreachable'), cause: { code: 'ECONNREFUSED' } })
  await t.rejects(write(1), unavailable('unreachable'))
  await t.rejects(ping(), unavailable('unreachable'))
  await dev.faults.back()

  await untilHolds('Vault serves', answers)
  t.ok(await credentials.read(id, 1))
  t.notOk(results('write').includes('circuit_open'))
})

t.test('standbys serve; what is not initialised, or a recovery copy, does not', async (t) => {
  const { ping } = await open(t)
  const health = { when: ({ path }: { path: string }) => path.includes('sys/health'), times: 1 }
  for (const status of [429, 473]) {
    dev.faults.fail(status, health)
    await t.resolves(ping(), `${status}`)
  }
  for (const [status, message] of [
    [501, 'Vault is not initialised'],
    [472, 'Vault is a disaster-recovery secondary'],
    [500, 'Vault cannot serve now'],
  ] as const) {
    dev.faults.fail(status, health)
    await t.rejects(ping(), { code: 'VAULT_UNAVAILABLE', message })
  }
})

t.test('the circuit opens after failures in a row, rejects at once, tries one request, and closes', async (t) => {
  const { credentials, requests, circuit } = await open(t, {
    limits: { timeoutMs: 2_000, breakerFailures: 3, breakerOpenMs: 400 },
  })
  const id = newId()
  await credentials.write(id, credentialsOf('smsc', 'one'), 0)
  const write = () => credentials.write(id, credentialsOf('smsc', 'two'), 1)
  const fail = dev.faults.fail(503, onData)
  await t.rejects(write(), unavailable('unavailable'))
  await t.rejects(write(), unavailable('unavailable'))
  t.same(circuit, [])
  await t.rejects(write(), unavailable('unavailable'))
  t.same(circuit, ['open'])

  const seen = dev.requests.length
  await t.rejects(write(), { ...unavailable('circuit_open'), retryAfter: 3 })
  await t.rejects(credentials.read(id, 1), unavailable('circuit_open'))
  t.equal(dev.requests.length, seen, 'nothing was sent')
  t.same(
    requests.slice(-2).map(({ op, result }) => [op, result]),
    [
      ['write', 'circuit_open'],
      ['read', 'circuit_open'],
    ],
  )

  await sleep(450)
  await t.rejects(write(), unavailable('unavailable'))
  t.same(circuit, ['open', 'half_open', 'open'], 'the try failed')

  fail()
  dev.faults.slow(100, { ...onData, times: 1 })
  await sleep(450)
  const tries = await Promise.allSettled([write(), credentials.latestVersion(id), credentials.latestVersion(id)])
  t.same(
    tries.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
    'one tries, the others do not wait for it',
  )
  t.same(circuit.slice(3), ['half_open', 'closed'])
  t.equal((await credentials.read(id, 2))?.password.reveal(), 'two')
})

t.test('failures with answers between them open nothing', async (t) => {
  const { credentials, circuit } = await open(t, { limits: { breakerFailures: 2 } })
  const id = newId()
  for (let round = 0; round < 4; round++) {
    dev.faults.fail(500, { ...onData, times: 1 })
    await t.rejects(credentials.write(id, credentialsOf('smsc', 'one'), 0), unavailable('unavailable'))
    t.equal(await credentials.read(id, 1), undefined, 'absent is an answer')
  }
  t.same(circuit, [])
})
