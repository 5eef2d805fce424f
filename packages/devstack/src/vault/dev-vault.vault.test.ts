import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { createAuthority, issueCertificate } from '../pki/index.ts'
import { createVaultCall } from './client.ts'
import { startDevVault } from './dev-vault.ts'
import { open, secret } from './test-vault.ts'

function directory(t: Test): string {
  const parent = mkdtempSync(join(tmpdir(), 'dev-vault-'))
  t.teardown(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'vault')
}

t.test('what was written survives a restart: secrets, tokens, policies, roles, the root token', async (t) => {
  const dir = directory(t)
  const first = await open(t, { dir })
  await first.call('POST', 'secret/data/a', secret)
  await first.call('PUT', 'sys/policies/acl/reader', {
    body: { policy: 'path "secret/data/*" { capabilities = ["read"] }' },
  })
  await first.call('POST', 'sys/auth/approle', { body: { type: 'approle' } })
  await first.call('POST', 'auth/approle/role/app', { body: { token_policies: ['reader'] } })
  const made = await first.call('POST', 'auth/token/create', { body: { policies: ['reader'], ttl: '1h' } })
  await first.vault.stop()

  const second = await open(t, { dir })
  t.equal(second.vault.rootToken, first.vault.rootToken)
  t.match((await second.call('GET', 'secret/data/a', { token: made.auth?.client_token ?? '' })).data, {
    data: secret.body.data,
  })
  t.equal((await second.call('GET', 'auth/approle/role/app')).status, 200)
})

t.test('an answered write is on disk, whatever becomes of the process', async (t) => {
  const dir = directory(t)
  const { call } = await open(t, { dir })
  const names = Array.from({ length: 50 }, (_, n) => `k${n}`)
  await Promise.all(names.map((name) => call('POST', `secret/data/${name}`, secret)))
  const { call: other } = await open(t, { dir }) // a second one on the same file, with the first not stopped
  const statuses = await Promise.all(names.map(async (name) => (await other('GET', `secret/data/${name}`)).status))
  t.same([...new Set(statuses)], [200])
})

t.test('only the owner can read what is kept', async (t) => {
  const dir = directory(t)
  const { vault, call } = await open(t, { dir })
  await call('POST', 'secret/data/a', secret)
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
  t.same([mode(dir), mode(join(dir, 'vault.json'))], ['700', '600'])
  await vault.stop()
  t.match(readFileSync(join(dir, 'vault.json'), 'utf8'), /canary-7f3a/, 'and it is plain, as the notice says')
})

t.test('a file that is no state is an error, not a fresh start', async (t) => {
  const dir = directory(t)
  const { vault } = await open(t, { dir })
  await vault.stop()
  writeFileSync(join(dir, 'vault.json'), '{"half')
  await t.rejects(startDevVault({ dir }))
})

t.test('it says that it is for development, and refuses production', async (t) => {
  const lines: string[] = []
  await open(t, { log: (line) => lines.push(line) })
  t.match(lines[0], /development only/i)
  const before = process.env.NODE_ENV
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
  process.env.NODE_ENV = 'production'
  await t.rejects(startDevVault(), { message: /production/ })
})

t.test('a sealed Vault answers 503 to all but its status, and opens again', async (t) => {
  const { vault, call } = await open(t)
  await call('POST', 'secret/data/a', secret)
  t.equal((await call('PUT', 'sys/seal')).status, 204)
  t.match(await call('GET', 'secret/data/a'), { status: 503, errors: ['Vault is sealed'] })
  t.match(await call('GET', 'sys/health', { token: null }), { status: 503, body: { sealed: true, initialized: true } })
  t.equal((await call('GET', 'sys/health?sealedcode=200')).status, 200)
  t.match((await call('GET', 'sys/seal-status')).body, { sealed: true })
  t.match((await call('PUT', 'sys/unseal', { body: { key: 'any' } })).body, { sealed: false })
  t.equal((await call('GET', 'secret/data/a')).status, 200)
  vault.faults.seal()
  t.equal((await call('POST', 'secret/data/a', secret)).status, 503)
  vault.faults.unseal()
  t.equal((await call('GET', 'secret/metadata/a')).data.current_version, 1)
})

t.test('only sudo seals', async (t) => {
  const { call } = await open(t)
  const policy = (capabilities: string[]) => JSON.stringify({ path: { 'sys/seal': { capabilities } } })
  const seal = async (capabilities: string[]) => {
    await call('PUT', 'sys/policies/acl/sealer', { body: { policy: policy(capabilities) } })
    const { auth } = await call('POST', 'auth/token/create', { body: { policies: ['sealer'] } })
    return (await call('PUT', 'sys/seal', { token: auth?.client_token ?? '' })).status
  }
  t.equal(await seal(['update']), 403)
  t.equal(await seal(['update', 'sudo']), 204)
})

t.test('namespaces keep their own secrets and tokens', async (t) => {
  const { vault, call } = await open(t)
  const inside = createVaultCall({ url: vault.url, token: vault.rootToken, namespace: 'team/' })
  t.equal((await inside('POST', 'sys/mounts/secret', { body: { type: 'kv-v2' } })).status, 204)
  await inside('POST', 'secret/data/a', secret)
  t.equal((await call('GET', 'secret/data/a')).status, 404)
  t.equal((await inside('GET', 'secret/data/a')).status, 200)
  const policy = JSON.stringify({ path: { 'secret/data/*': { capabilities: ['read'] } } })
  await inside('PUT', 'sys/policies/acl/reader', { body: { policy } })
  const { auth } = await inside('POST', 'auth/token/create', { body: { policies: ['reader'] } })
  const token = auth?.client_token ?? ''
  t.equal((await inside('GET', 'secret/data/a', { token })).status, 200)
  t.equal((await call('GET', 'secret/data/a', { token })).status, 403, 'a token does not leave its namespace')
  const rootPolicy = JSON.stringify({ path: { 'team/secret/data/*': { capabilities: ['read'] } } })
  await call('PUT', 'sys/policies/acl/above', { body: { policy: rootPolicy } })
  const above = (await call('POST', 'auth/token/create', { body: { policies: ['above'] } })).auth?.client_token ?? ''
  t.equal((await inside('GET', 'secret/data/a', { token: above })).status, 200, 'a parent’s policy names the namespace')
})

t.test('time is the clock that was given', async (t) => {
  let at = Date.parse('2030-01-01T00:00:00Z')
  const { call } = await open(t, { now: () => new Date(at) })
  const made = await call('POST', 'auth/token/create', {
    body: { policies: ['default'], ttl: '1h', explicit_max_ttl: '2h' },
  })
  const token = made.auth?.client_token ?? ''
  const renew = () => call('POST', 'auth/token/renew-self', { body: {}, token })
  at += 3_000_000
  t.equal((await renew()).auth?.lease_duration, 3_600)
  at += 3_000_000
  t.equal((await renew()).auth?.lease_duration, 1_200, 'no more than the explicit maximum leaves')
  at += 1_200_000
  t.equal((await renew()).status, 403)
  await call('POST', 'secret/metadata/a', { body: { delete_version_after: '10s' } })
  await call('POST', 'secret/data/a', secret)
  t.equal((await call('GET', 'secret/data/a')).status, 200)
  at += 10_000
  t.equal((await call('GET', 'secret/data/a')).status, 404)
})

t.test('a rule with members that it would not enforce is refused', async (t) => {
  const { call } = await open(t)
  const policy = 'path "secret/*" {\n capabilities = ["update"]\n denied_parameters = []\n}'
  t.match(await call('PUT', 'sys/policies/acl/x', { body: { policy } }), { status: 400, errors: [/denied_parameters/] })
})

t.test('over TLS it is reached with its authority, and lists as well', async (t) => {
  const authority = await createAuthority({ cn: 'contract' })
  const { certificate: cert, key } = await issueCertificate({ ca: authority, cn: 'vault', ipAddresses: ['127.0.0.1'] })
  const { vault } = await open(t, { tls: { cert, key } })
  const call = createVaultCall({ url: vault.url, token: vault.rootToken, ca: authority.certificate })
  t.match(vault.url, /^https:/)
  t.equal((await call('POST', 'secret/data/a', secret)).status, 200)
  t.same((await call('LIST', 'secret/metadata')).data.keys, ['a'])
  await t.rejects(createVaultCall({ url: vault.url, token: vault.rootToken })('GET', 'sys/health'))
})

t.test('the entry point says when it is ready, keeps its root token and ends on SIGTERM', async (t) => {
  const dir = directory(t)
  const first = await runEntry(t, dir)
  t.match(first.lines[0], /development only/i)
  const token = readFileSync(join(dir, 'root-token'), 'utf8').trim()
  t.equal((statSync(join(dir, 'root-token')).mode & 0o777).toString(8), '600')
  t.notOk(first.lines.join().includes(token))
  const call = createVaultCall({ url: first.ready.url, token })
  t.equal((await call('POST', 'secret/data/a', secret)).status, 200)
  t.equal(await first.end('SIGTERM'), 0)

  const second = await runEntry(t, dir)
  const again = createVaultCall({ url: second.ready.url, token })
  t.equal((await again('GET', 'secret/data/a')).status, 200)
  t.equal(await second.end('SIGINT'), 0)
})

async function runEntry(t: Test, dir: string) {
  const entry = new URL('main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=@oms/source', entry, '--dir', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (line.startsWith('{')) break
  }
  const ready = JSON.parse(lines.at(-1) ?? '{}') as { ready: boolean; url: string }
  return {
    lines,
    ready,
    async end(signal: NodeJS.Signals) {
      child.kill(signal)
      const [code] = (await exit) as [number | null]
      return code
    },
  }
}
