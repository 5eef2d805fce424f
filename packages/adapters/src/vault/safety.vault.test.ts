import t from 'tap'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { pino } from 'pino'
import { credentialsOf, newId, unavailable, vaultBench } from '../../test/support/vault-bench.ts'
import { openVault, type VaultFailure } from './index.ts'

const { dev, prepared, folder, tokenFile, appToken, tokenPath, open, asRoot } = await vaultBench(t)

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
