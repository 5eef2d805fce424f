import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { bootstrapVault } from './bootstrap.ts'
import { createVaultCall } from './client.ts'
import { startDevVault } from './dev-vault.ts'

const AT = 'ops/operators/3f6f0c1e/credentials'
const secret = { body: { data: { systemId: 'alpha', password: 'pass1234' } } }

async function prepared(t: Test, options: Partial<Parameters<typeof bootstrapVault>[0]> = {}) {
  const vault = await startDevVault()
  t.teardown(() => vault.stop())
  const address = { url: vault.url, token: vault.rootToken }
  const apps = await bootstrapVault({ ...address, ...options })
  return { vault, apps, root: createVaultCall(address), again: () => bootstrapVault({ ...address, ...options }) }
}

t.test('admin-api may create, read and update credentials, delete them whole, and nothing else', async (t) => {
  const { apps, root } = await prepared(t)
  const token = await apps.issueToken('admin-api')
  const status = async (method: string, path: string, body?: unknown) =>
    (await root(method, path, { token, body })).status
  t.equal(await status('POST', `secret/data/${AT}`, { ...secret.body, options: { cas: 0 } }), 200)
  t.equal(await status('POST', `secret/data/${AT}`, { ...secret.body, options: { cas: 1 } }), 200)
  t.equal(await status('GET', `secret/data/${AT}?version=1`), 200)
  t.equal(await status('GET', `secret/metadata/${AT}`), 200)
  const denied: [string, string, unknown?][] = [
    ['DELETE', `secret/data/${AT}`],
    ['LIST', 'secret/metadata/ops/operators'],
    ['LIST', `secret/metadata/ops/operators/3f6f0c1e`],
    ['POST', `secret/metadata/${AT}`, { max_versions: 1 }],
    ['POST', `secret/destroy/${AT}`, { versions: [1] }],
    ['POST', `secret/delete/${AT}`, { versions: [1] }],
    ['POST', `secret/undelete/${AT}`, { versions: [1] }],
    ['GET', 'secret/data/ops/operators'],
    ['GET', 'secret/data/other'],
    ['POST', 'secret/data/ops/other', secret.body],
    ['POST', 'secret/config', { max_versions: 1 }],
    ['GET', 'sys/mounts'],
    ['GET', 'sys/policies/acl/ops-service-policy'],
    ['POST', 'auth/token/create', {}],
    ['PUT', 'sys/seal'],
  ]
  for (const [method, path, body] of denied) t.equal(await status(method, path, body), 403, `${method} ${path}`)
  t.equal(await status('DELETE', `secret/metadata/${AT}`), 204)
  t.equal((await root('GET', `secret/metadata/${AT}`)).status, 404)
})

t.test('internal-api may read credentials and nothing else', async (t) => {
  const { apps, root } = await prepared(t)
  await root('POST', `secret/data/${AT}`, secret)
  const token = await apps.issueToken('internal-api')
  const status = async (method: string, path: string, body?: unknown) =>
    (await root(method, path, { token, body })).status
  t.equal(await status('GET', `secret/data/${AT}`), 200)
  t.equal(await status('POST', `secret/data/${AT}`, secret.body), 403)
  t.equal(await status('POST', 'secret/data/ops/operators/new/credentials', secret.body), 403)
  t.equal(await status('DELETE', `secret/data/${AT}`), 403)
  t.equal(await status('GET', `secret/metadata/${AT}`), 403)
  t.equal(await status('DELETE', `secret/metadata/${AT}`), 403)
  t.equal(await status('LIST', 'secret/metadata/ops/operators'), 403)
})

t.test('it may be repeated, and keeps secrets and role ids', async (t) => {
  const { apps, root, again } = await prepared(t)
  await root('POST', `secret/data/${AT}`, secret)
  const before = await apps.issueAppRole('admin-api')
  const repeated = await again()
  t.equal((await repeated.issueAppRole('admin-api')).roleId, before.roleId)
  t.equal((await root('GET', `secret/data/${AT}`)).status, 200)
})

t.test('a token of its own is renewable and has no parent', async (t) => {
  const { apps, root } = await prepared(t)
  const token = await apps.issueToken('internal-api', { ttl: '2h' })
  const { data } = await root('GET', 'auth/token/lookup-self', { token })
  t.match(data, { orphan: true, renewable: true, creation_ttl: 7_200, policies: ['default', 'ops-credentials-reader'] })
  t.equal((await root('POST', 'auth/token/renew-self', { token, body: {} })).status, 200)
})

t.test('each app logs in by AppRole', async (t) => {
  const { apps, root } = await prepared(t, { tokenTtl: '30m' })
  for (const [app, policy] of [
    ['admin-api', 'ops-service-policy'],
    ['internal-api', 'ops-credentials-reader'],
  ] as const) {
    const { roleId, secretId } = await apps.issueAppRole(app)
    const login = await root('POST', 'auth/approle/login', {
      body: { role_id: roleId, secret_id: secretId },
      token: null,
    })
    t.match(login.auth, { lease_duration: 1_800, policies: ['default', policy] })
  }
})

t.test('each app logs in by its service account, and by no other', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const { root } = await prepared(t, { kubernetes: { publicKeyPem } })
  const login = async (role: string, account: string, namespace = 'ops') => {
    const jwt = await new SignJWT({ 'kubernetes.io': { namespace, serviceaccount: { name: account, uid: 'u' } } })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('10m')
      .sign(privateKey)
    return root('POST', 'auth/kubernetes/login', { body: { role, jwt }, token: null })
  }
  t.same((await login('admin-api', 'admin-api')).auth?.policies, ['default', 'ops-service-policy'])
  t.same((await login('internal-api', 'internal-api')).auth?.policies, ['default', 'ops-credentials-reader'])
  t.equal((await login('admin-api', 'internal-api')).status, 403)
  t.equal((await login('admin-api', 'admin-api', 'default')).status, 403)
})

t.test('a mount that is in the way, or a token that may not, is an error that names the call', async (t) => {
  const { vault, apps } = await prepared(t)
  const token = await apps.issueToken('admin-api')
  await t.rejects(bootstrapVault({ url: vault.url, token }), { message: /Vault refused GET sys\/mounts: 403/ })
})
