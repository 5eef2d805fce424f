import t, { type Test } from 'tap'
import { bootstrapVault, createVaultCall, startDevVault } from '@oms/devstack/vault'
import { type Credentials, type OperatorId, password, systemId } from '@oms/domain'
import { credentialsStoreContract } from '@oms/domain/contracts'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { pino } from 'pino'
import { openVault, type VaultConfig, type VaultFailure, type VaultRequest } from './index.ts'

const dev = await startDevVault()
t.teardown(() => dev.stop())
t.afterEach(() => dev.faults.clear())
const prepared = await bootstrapVault({ url: dev.url, token: dev.rootToken })
const asRoot = createVaultCall({ url: dev.url, token: dev.rootToken })

const folder = await mkdtemp(join(tmpdir(), 'oms-vault-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

async function tokenFile(token: string): Promise<string> {
  const path = join(folder, randomUUID())
  await writeFile(path, `${token}\n`, { mode: 0o600 })
  return path
}

const appToken = await prepared.issueToken('admin-api')
const tokenPath = await tokenFile(appToken)

const newId = () => randomUUID() as string as OperatorId
const credentialsOf = (id: string, secret: string): Credentials => ({
  systemId: systemId(id),
  password: password(secret),
})

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`)
    await sleep(10)
  }
}

async function open(t: Test, config: Partial<VaultConfig> = {}) {
  const requests: VaultRequest[] = []
  const circuit: string[] = []
  const vault = openVault(
    { address: dev.url, auth: { method: 'token', tokenPath }, ...config },
    { onRequest: (request) => requests.push(request), onCircuit: (state) => circuit.push(state) },
  )
  t.teardown(() => vault[Symbol.asyncDispose]())
  const answers = () =>
    vault.ping().then(
      () => true,
      () => false,
    )
  await until('logged in', answers)
  requests.length = 0
  const results = (op: string) => requests.filter((request) => request.op === op).map(({ result }) => result)
  return { ...vault, requests, results, circuit, answers }
}

const unavailable = (kind: string) => ({ code: 'VAULT_UNAVAILABLE', cause: { kind } })
const onData = { when: ({ path }: { path: string }) => path.includes('/data/ops/') }

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

  await until('Vault serves', answers)
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

t.test('no failure shows the password or the token, wherever it is printed', async (t) => {
  const captured: string[] = []
  const originals = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }))
  const output = () => {
    for (const { stream, write } of originals) stream.write = write
  }
  t.teardown(output)
  const { credentials, ping } = await open(t, { limits: { timeoutMs: 300, breakerFailures: 1_000 } })
  const id = newId()
  const canary = 'Canary~77!secret'
  const write = (version: number) => credentials.write(id, credentialsOf('smsc', canary), version)
  await write(0)

  const errors: unknown[] = []
  const failing = async (...calls: (() => Promise<unknown>)[]) => {
    for (const { stream } of originals) stream.write = (chunk) => captured.push(String(chunk)) > 0
    for (const call of calls) await call().catch((error: unknown) => errors.push(error))
    output()
  }
  const all = [
    () => write(0),
    () => write(1),
    () => credentials.read(id, 1),
    () => credentials.latestVersion(id),
    () => credentials.destroy(id),
    () => ping(),
  ]
  await failing(
    () => write(0),
    () => write(9),
  )
  t.equal(errors.length, 2)
  const faults: (() => unknown)[] = [
    () => dev.faults.fail(500),
    () => dev.faults.fail(400),
    () => dev.faults.fail(403),
    () => dev.faults.fail(404),
    () => dev.faults.hang(),
    () => dev.faults.dropBeforeWrite(),
    () => dev.faults.seal(),
    () => dev.faults.away(),
  ]
  for (const start of faults) {
    const before = errors.length
    await start()
    await failing(...all)
    t.ok(errors.length >= before + all.length - 1, 'they did fail')
    dev.faults.clear()
    await dev.faults.back()
  }

  const logged: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line) => logged.push(line) > 0 })
  for (const error of errors) {
    logger.error({ err: error }, 'failed')
    logger.error(error)
    logged.push(JSON.stringify(error), inspect(error, { showHidden: true, depth: 10 }), String((error as Error).stack))
    const { cause } = error as { cause?: VaultFailure }
    logged.push(JSON.stringify(cause), inspect(cause, { showHidden: true, depth: 10, getters: true }))
  }
  const text = [...captured, ...logged].join('\n')
  for (const secret of [canary, appToken, dev.rootToken]) t.notOk(text.includes(secret))
  t.equal(captured.join(''), '', 'and nothing was printed at all')
})

t.test('what speaks for Vault but is not Vault gets no token passed on, and is believed nothing', async (t) => {
  let answer = { status: 200, type: 'text/html', body: '<h1>Welcome</h1>' }
  let redirected = 0
  const elsewhere = createServer((_, response) => {
    redirected += 1
    response.end('{}')
  })
  const impostor = createServer((request, response) => {
    if (request.url?.includes('lookup-self') === true) {
      response.setHeader('content-type', 'application/json')
      return response.end('{"data":{"ttl":0,"expire_time":null}}')
    }
    if (request.url?.includes('sys/health') === true) return response.end('{}')
    const { port } = elsewhere.address() as AddressInfo
    response.writeHead(answer.status, { 'content-type': answer.type, location: `http://127.0.0.1:${port}/v1/` })
    return response.end(answer.body)
  })
  for (const server of [elsewhere, impostor]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => {
      server.close()
      server.closeAllConnections()
    })
  }
  const { credentials } = await open(t, {
    limits: { breakerFailures: 1_000 },
    address: `http://127.0.0.1:${(impostor.address() as AddressInfo).port}`,
  })
  const id = newId()
  const json = 'application/json'
  const wrongVersion = { data: { systemId: 'a', password: 'b' }, metadata: { version: 2 } }
  for (const [next, kind] of [
    [answer, 'unclear'],
    [{ status: 200, type: json, body: '' }, 'unclear'],
    [{ status: 200, type: json, body: 'null' }, 'unclear'],
    [{ status: 200, type: json, body: '{"data":{"version":"1","current_version":-1}}' }, 'unclear'],
    [{ status: 404, type: 'text/html', body: '<h1>Not found</h1>' }, 'refused'],
    [{ status: 307, type: json, body: '{}' }, 'refused'],
    [{ status: 503, type: 'text/html', body: '<h1>Maintenance</h1>' }, 'unavailable'],
    [{ status: 200, type: json, body: 'x'.repeat(2 * 1024 * 1024) }, 'unreachable'],
  ] as const) {
    answer = next
    await t.rejects(credentials.read(id, 1), unavailable(kind), `read: ${next.status} ${next.body.slice(0, 50)}`)
    await t.rejects(credentials.latestVersion(id), unavailable(kind), 'metadata')
    await t.rejects(credentials.write(id, credentialsOf('a', 'b'), 0), unavailable(kind), 'first write')
    await t.rejects(credentials.write(id, credentialsOf('a', 'b'), 1), unavailable(kind), 'next write')
  }
  answer = { status: 200, type: json, body: JSON.stringify({ data: wrongVersion }) }
  await t.rejects(credentials.read(id, 1), unavailable('unclear'), 'another version than the one asked for')
  t.equal(redirected, 0)
})

t.test('an unusable address or CA bundle is refused at once, in words', async (t) => {
  const auth = { method: 'token', tokenPath } as const
  const notPem = join(folder, 'not.pem')
  await writeFile(notPem, 'no certificate')
  for (const config of [
    { address: 'ftp://vault' },
    { address: 'http://user:hunter2@vault' },
    { address: 'no address' },
    { address: 'https://127.0.0.1:1', caPath: join(folder, 'absent.pem') },
    { address: 'https://127.0.0.1:1', caPath: notPem },
  ]) {
    t.throws(() => openVault({ auth, ...config }), TypeError)
  }
})

t.test('what each policy allows is enough for its app, and no more', async (t) => {
  const id = newId()
  const admin = await open(t)
  t.equal(await admin.credentials.write(id, credentialsOf('smsc', 'one'), 0), 1)
  t.equal(await admin.credentials.write(id, credentialsOf('smsc', 'two'), 1), 2)
  t.ok(await admin.credentials.read(id, 1))
  t.equal(await admin.credentials.latestVersion(id), 2)

  const readerToken = await prepared.issueToken('internal-api')
  const reader = await open(t, { auth: { method: 'token', tokenPath: await tokenFile(readerToken) } })
  t.ok(await reader.credentials.read(id, 2))
  const forbiddens: (() => Promise<unknown>)[] = [
    () => reader.credentials.write(id, credentialsOf('smsc', 'three'), 2),
    () => reader.credentials.write(newId(), credentialsOf('smsc', 'one'), 0),
    () => reader.credentials.latestVersion(id),
    () => reader.credentials.destroy(id),
  ]
  for (const forbidden of forbiddens) await t.rejects(forbidden(), unavailable('denied'))
  t.ok(reader.results('write').every((result) => result === 'auth_error'))

  const name = `ops/operators/${id}/credentials`
  const denied: Record<string, (readonly [string, string])[]> = {
    [appToken]: [
      ['DELETE', `secret/data/${name}`],
      ['POST', `secret/delete/${name}`],
      ['POST', `secret/destroy/${name}`],
      ['POST', `secret/undelete/${name}`],
      ['POST', `secret/metadata/${name}`],
      ['LIST', 'secret/metadata/ops/operators'],
    ],
    [readerToken]: [
      ['POST', `secret/data/${name}`],
      ['DELETE', `secret/data/${name}`],
      ['GET', `secret/metadata/${name}`],
      ['DELETE', `secret/metadata/${name}`],
      ['LIST', 'secret/metadata/ops/operators'],
    ],
  }
  for (const [token, calls] of Object.entries(denied)) {
    const common = [
      ['GET', 'secret/data/other/thing'],
      ['POST', 'secret/data/other/thing'],
      ['GET', 'secret/data/ops'],
      ['GET', 'secret/config'],
      ['GET', 'sys/mounts'],
      ['GET', 'sys/policies/acl/ops-service-policy'],
      ['POST', 'auth/token/create'],
      ['GET', 'auth/approle/role/admin-api/role-id'],
    ] as const
    for (const [method, path] of [...calls, ...common]) {
      const { status } = await asRoot(method, path, {
        token,
        ...(method === 'POST' && { body: { data: {}, versions: [1] } }),
      })
      t.equal(status, 403, `${method} ${path}`)
    }
  }
  await admin.credentials.destroy(id)
  t.equal(await admin.credentials.latestVersion(id), 0)
})
