import t, { type Test } from 'tap'
import { createAuthority, issueCertificate } from '@oms/devstack/pki'
import { bootstrapVault, createVaultCall, startDevVault } from '@oms/devstack/vault'
import { type OperatorId, password, systemId } from '@oms/domain'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import {
  openVault,
  type SessionEvent,
  type VaultAuth,
  type VaultConfig,
  type VaultFailure,
  type VaultRequest,
} from './index.ts'
import { untilHolds } from '../../test/support/until.ts'

const dev = await startDevVault()
t.teardown(() => dev.stop())
t.afterEach(() => dev.faults.clear())
const serviceAccounts = await generateKeyPair('RS256', { extractable: true })
const prepared = await bootstrapVault({
  url: dev.url,
  token: dev.rootToken,
  kubernetes: { publicKeyPem: await exportSPKI(serviceAccounts.publicKey) },
})
const asRoot = createVaultCall({ url: dev.url, token: dev.rootToken })

const folder = await mkdtemp(join(tmpdir(), 'oms-vault-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

async function file(text: string): Promise<string> {
  const path = join(folder, randomUUID())
  await writeFile(path, text, { mode: 0o600 })
  return path
}

const jwtFor = (name: string, life = '10m') =>
  new SignJWT({
    'kubernetes.io': { namespace: 'ops', serviceaccount: { name, uid: randomUUID() } },
    sub: `system:serviceaccount:ops:${name}`,
  })
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer('https://kubernetes.default.svc')
    .setIssuedAt()
    .setExpirationTime(life)
    .sign(serviceAccounts.privateKey)

const setLife = (seconds: { token_ttl: string; token_max_ttl: string }) =>
  asRoot('POST', 'auth/approle/role/admin-api', { body: { token_policies: ['ops-service-policy'], ...seconds } })

async function appRole(): Promise<VaultAuth> {
  const { roleId, secretId } = await prepared.issueAppRole('admin-api')
  return { method: 'approle', roleId, secretIdPath: await file(secretId) }
}

function open(t: Test, auth: VaultAuth, config: Partial<VaultConfig> = {}) {
  const requests: VaultRequest[] = []
  const events: SessionEvent[] = []
  const vault = openVault(
    { address: dev.url, auth, ...config },
    { onRequest: (request) => requests.push(request), onSession: (event) => events.push(event) },
  )
  t.teardown(() => vault[Symbol.asyncDispose]())
  const serves = () =>
    vault.ping().then(
      () => true,
      () => false,
    )
  const count = (op: string, result = 'ok') => requests.filter((one) => one.op === op && one.result === result).length
  return { ...vault, requests, events, serves, count }
}

const write = ({ credentials }: ReturnType<typeof open>, id = randomUUID() as string as OperatorId) =>
  credentials.write(id, { systemId: systemId('smsc'), password: password('p4ss') }, 0)

t.test('each way of logging in leads to a store that works at once', async (t) => {
  const ways: Record<string, VaultAuth> = {
    token: { method: 'token', tokenPath: await file(`${await prepared.issueToken('admin-api')}\n`) },
    approle: await appRole(),
    kubernetes: { method: 'kubernetes', role: 'admin-api', jwtPath: await file(await jwtFor('admin-api')) },
  }
  for (const [name, auth] of Object.entries(ways)) {
    const vault = open(t, auth)
    t.equal(await write(vault), 1, `${name}: the first call joins the login`)
    t.same(
      vault.requests.map(({ op, result }) => `${op} ${result}`),
      ['login ok', 'write ok'],
    )
    await vault.ping()
  }
})

t.test('a login mount of another name is used, and never mistaken for the KV mount', async (t) => {
  await asRoot('POST', 'sys/auth/cluster-b', { body: { type: 'approle' } })
  await asRoot('POST', 'auth/cluster-b/role/ops', { body: { token_policies: ['ops-service-policy'] } })
  const { data: role } = await asRoot('GET', 'auth/cluster-b/role/ops/role-id')
  const { data: secret } = await asRoot('POST', 'auth/cluster-b/role/ops/secret-id', { body: {} })
  const auth: VaultAuth = {
    method: 'approle',
    roleId: String(role.role_id),
    secretIdPath: await file(String(secret.secret_id)),
    mount: 'auth/cluster-b',
  }
  t.equal(await write(open(t, auth)), 1)
  t.throws(() => openVault({ address: dev.url, auth: { ...auth, mount: '../sys' } }), TypeError)
})

t.test('a token is renewed at half of its life, and replaced by a new login when its last end is near', async (t) => {
  await setLife({ token_ttl: '2s', token_max_ttl: '5s' })
  const vault = open(t, await appRole())
  await untilHolds('it was renewed', () => vault.count('renew') >= 1)
  t.equal(vault.count('login'), 1)
  await untilHolds('it logged in anew', () => vault.count('login') >= 2)
  const told = vault.events.map((event) => ('ttlSeconds' in event ? `${event.event} ${event.ttlSeconds}` : event.event))
  const last = told.indexOf('logged_in 2', 1) - 1
  t.match(told[last], /^renewed [01]$/, 'Vault could give no more than a rest')
  t.notMatch(told[last - 1], /^renewed [01]$/, 'and was not asked again')
  await write(vault)
  const late = vault.requests.filter(({ op }) => op === 'write')
  t.same(
    late.map(({ result }) => result),
    ['ok'],
  )
  t.equal(vault.count('login', 'auth_error'), 0)
  await setLife({ token_ttl: '1h', token_max_ttl: '24h' })
})

t.test('calls never meet an expired token, over several lives of it', async (t) => {
  await setLife({ token_ttl: '2s', token_max_ttl: '3s' })
  const vault = open(t, await appRole())
  await untilHolds('three logins', async () => {
    await write(vault)
    return vault.count('login') >= 3
  })
  t.equal(vault.count('write', 'auth_error'), 0)
  await setLife({ token_ttl: '1h', token_max_ttl: '24h' })
})

t.test('when a renewal is refused it logs in anew', async (t) => {
  await setLife({ token_ttl: '2s', token_max_ttl: '1h' })
  const vault = open(t, await appRole())
  dev.faults.fail(403, { when: ({ path }) => path.includes('renew-self'), times: 1 })
  await untilHolds('the renewal failed and a login followed', () => vault.count('login') >= 2)
  t.ok(vault.events.some(({ event }) => event === 'renewal_failed'))
  t.equal(await write(vault), 1)
  await setLife({ token_ttl: '1h', token_max_ttl: '24h' })
})

t.test(
  'a revoked token costs one new login and one more try, of reads and writes alike, shared by all who met it',
  async (t) => {
    const tokenPath = await file(await prepared.issueToken('admin-api'))
    const vault = open(t, { method: 'token', tokenPath }, { limits: { reloginAfterMs: 0 } })
    const id = randomUUID() as string as OperatorId
    await write(vault, id)

    const swap = async () => {
      const old = await readFile(tokenPath, 'utf8')
      await writeFile(tokenPath, await prepared.issueToken('admin-api'))
      await asRoot('POST', 'auth/token/revoke', { body: { token: old } })
    }
    await swap()
    const reads = await Promise.all(Array.from({ length: 20 }, () => vault.credentials.read(id, 1)))
    t.ok(reads.every((read) => read?.password.reveal() === 'p4ss'))
    t.equal(vault.count('login'), 2, 'the first one and one for all')

    await swap()
    t.equal(await write(vault), 1)
    t.equal(vault.count('login'), 3)
    t.equal(vault.count('write', 'auth_error'), 1)
  },
)

t.test('a token that is revoked for good is not ready; a new one in its file is taken up', async (t) => {
  const token = await prepared.issueToken('admin-api')
  const tokenPath = await file(token)
  const vault = open(t, { method: 'token', tokenPath }, { limits: { reloginAfterMs: 0, loginRetryMaxMs: 200 } })
  await write(vault)
  await vault.ping()
  await asRoot('POST', 'auth/token/revoke', { body: { token } })
  await t.rejects(write(vault), { code: 'VAULT_UNAVAILABLE', cause: { kind: 'denied' } })
  await t.rejects(vault.ping(), { code: 'VAULT_UNAVAILABLE', cause: { kind: 'no_token' } })
  t.ok(vault.count('login', 'auth_error') >= 1)
  await writeFile(tokenPath, await prepared.issueToken('admin-api'))
  await untilHolds('ready again', vault.serves)
  t.equal(await write(vault), 1)
})

t.test('a forbidden path leads to a new login, but not to one per call', async (t) => {
  const { roleId, secretId } = await prepared.issueAppRole('internal-api')
  const vault = open(
    t,
    { method: 'approle', roleId, secretIdPath: await file(secretId) },
    { limits: { reloginAfterMs: 60_000 } },
  )
  await untilHolds('ready', vault.serves)
  for (let index = 0; index < 10; index++) await t.rejects(write(vault), { code: 'VAULT_UNAVAILABLE' })
  t.equal(vault.count('login'), 1)
  t.equal(vault.count('write', 'auth_error'), 10)
})

t.test('a 403 that Vault itself did not speak does not send a write again', async (t) => {
  let writes = 0
  const proxy = createServer((request, response) => {
    if (request.method === 'POST' && request.url?.includes('/data/')) writes += 1
    if (request.url?.includes('lookup-self')) {
      return response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"data":{"ttl":0,"expire_time":null,"renewable":false}}')
    }
    return response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>Forbidden</h1>')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  const address = proxy.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const auth: VaultAuth = { method: 'token', tokenPath: await file('a-token') }
  const vault = open(t, auth, { address: `http://127.0.0.1:${port}`, limits: { reloginAfterMs: 0 } })
  await t.rejects(write(vault), { code: 'VAULT_UNAVAILABLE', cause: { kind: 'denied' } })
  t.equal(writes, 1)
})

t.test('a Vault that is away at the start delays nothing, and is taken up when it comes', async (t) => {
  await dev.faults.away()
  const since = performance.now()
  const vault = open(t, await file('').then((path): VaultAuth => ({ method: 'token', tokenPath: path })))
  t.ok(performance.now() - since < 1_000, 'opened')
  await t.rejects(write(vault), {
    code: 'VAULT_UNAVAILABLE',
    retryAfter: 3,
    cause: { kind: 'no_token', code: 'EMPTY_FILE' },
  })
  await dev.faults.back()

  const auth = await appRole()
  await dev.faults.away()
  const late = open(t, auth, { limits: { loginRetryMs: 20, loginRetryMaxMs: 100 } })
  await untilHolds('several attempts failed', () => late.count('login', 'error') >= 3)
  await t.rejects(late.ping(), { code: 'VAULT_UNAVAILABLE', cause: { code: 'ECONNREFUSED' } })
  await dev.faults.back()
  await untilHolds('it logged in', late.serves)
  t.equal(await write(late), 1)
})

t.test('a token that expired while Vault was away is replaced once it is back', async (t) => {
  await setLife({ token_ttl: '2s', token_max_ttl: '1h' })
  const vault = open(t, await appRole(), { limits: { loginRetryMaxMs: 100 } })
  await write(vault)
  await dev.faults.away()
  const kind = () => write(vault).then(String, (error: { cause: VaultFailure }) => error.cause.kind)
  await untilHolds('the token is past its end', async () => (await kind()) === 'no_token')
  await dev.faults.back()
  await untilHolds('it writes again', async () => (await kind()) === '1')
  await setLife({ token_ttl: '1h', token_max_ttl: '24h' })
})

t.test('a wrong proof is an auth error, and a right one in its place is taken up', async (t) => {
  const good = await jwtFor('admin-api')
  const bad: Record<string, string> = {
    'another account': await jwtFor('somebody-else'),
    expired: await jwtFor('admin-api', '-1h'),
    'no JWT': 'nonsense',
    'not printable': 'a\u0000b',
    empty: '',
  }
  for (const [what, jwt] of Object.entries(bad)) {
    const jwtPath = await file(jwt)
    const vault = open(t, { method: 'kubernetes', role: 'admin-api', jwtPath }, { limits: { loginRetryMaxMs: 50 } })
    await untilHolds('the login was refused', () => vault.count('login', 'auth_error') > 0)
    await t.rejects(vault.ping(), { code: 'VAULT_UNAVAILABLE' }, what)
    const told = inspect(vault.events, { showHidden: true, depth: 10 }) + JSON.stringify(vault.events)
    t.notOk(jwt !== '' && told.includes(jwt), 'nor is it told')
    await writeFile(jwtPath, good)
    await untilHolds('ready', vault.serves)
    await vault[Symbol.asyncDispose]()
  }
})

t.test('closing ends a login that hangs', async (t) => {
  dev.faults.hang()
  const vault = open(t, { method: 'token', tokenPath: await file(dev.rootToken) }, { limits: { timeoutMs: 60_000 } })
  const waiting = write(vault)
  await untilHolds('the login is under way', () => dev.requests.at(-1)?.status === 0)
  const refused = t.rejects(waiting, { code: 'VAULT_UNAVAILABLE' })
  await vault[Symbol.asyncDispose]()
  await refused
})

t.test('over TLS only a Vault that the given CA signed is spoken to', async (t) => {
  const ca = await createAuthority({ cn: 'our authority' })
  const { certificate: cert, key } = await issueCertificate({ ca, cn: 'vault', dnsNames: ['localhost'] })
  const tls = await startDevVault({ tls: { cert, key } })
  t.teardown(() => tls.stop())
  const address = tls.url.replace('127.0.0.1', 'localhost')
  const auth: VaultAuth = { method: 'token', tokenPath: await file(tls.rootToken) }

  const trusting = open(t, auth, { address, caPath: await file(ca.certificate) })
  t.equal(await write(trusting), 1)

  const stranger = await createAuthority({ cn: 'our authority' })
  const systemRoots = open(t, auth, { address, limits: { loginRetryMaxMs: 50 } })
  const otherRoot = open(t, auth, {
    address,
    caPath: await file(stranger.certificate),
    limits: { loginRetryMaxMs: 50 },
  })
  for (const vault of [systemRoots, otherRoot]) {
    await untilHolds('the login failed', () => vault.count('login', 'error') > 0)
    await t.rejects(vault.ping(), {
      code: 'VAULT_UNAVAILABLE',
      cause: { kind: 'unreachable', code: /CERT|SIGN|ISSUER/ },
    })
    t.equal(vault.count('login'), 0)
  }
})
