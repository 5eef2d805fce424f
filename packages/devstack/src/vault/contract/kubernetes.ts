import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Test } from 'tap'
import { createAuthority } from '../../pki/index.ts'
import { type OpenTarget, openBench } from './bench.ts'

/** developer.hashicorp.com/vault/api-docs/auth/kubernetes, by its section. */
export function kubernetesContract(t: Test, open: OpenTarget): void {
  t.test('#configure-method and #create-update-role: what was set is read back', async (t) => {
    const { call, authMethod } = await openBench(t, open)
    const method = await authMethod('kubernetes')
    t.equal((await call('POST', `auth/${method}/config`, { body: {} })).status, 400, 'a host is needed')
    t.ok((await call('POST', `auth/${method}/config`, { body: { ...host, pem_keys: ['no pem'] } })).status >= 400)
    const { publicPem } = keyPair()
    // A Vault outside the cluster does not find it on its own disk.
    const kubernetes_ca_cert = (await createAuthority({ cn: 'cluster' })).certificate
    const config = { ...host, kubernetes_ca_cert, pem_keys: [publicPem] }
    t.ok((await call('POST', `auth/${method}/config`, { body: config })).status < 300)
    t.match((await call('GET', `auth/${method}/config`)).data, { ...host, pem_keys: [/BEGIN PUBLIC KEY/] })
    const role = { bound_service_account_names: ['app'], bound_service_account_namespaces: ['ops'], token_ttl: '1h' }
    t.equal(
      (await call('POST', `auth/${method}/role/app`, { body: { token_ttl: '1h' } })).status,
      400,
      'names are needed',
    )
    t.ok((await call('POST', `auth/${method}/role/app`, { body: role })).status < 300)
    t.match((await call('GET', `auth/${method}/role/app`)).data, { ...role, token_ttl: 3_600 })
    t.same((await call('LIST', `auth/${method}/role`)).data.keys, ['app'])
    t.equal((await call('DELETE', `auth/${method}/role/app`)).status, 204)
    t.equal((await call('GET', `auth/${method}/role/app`)).status, 404)
  })

  t.test('#login: a service account’s token, and only the bound one, gives a Vault token', async (t) => {
    const { call, authMethod, target } = await openBench(t, open)
    if (target.judgesServiceAccountsByKey !== true) return t.comment('not run: this Vault asks a Kubernetes API')
    const method = await authMethod('kubernetes')
    const { privateKey, publicPem } = keyPair()
    await call('POST', `auth/${method}/config`, { body: { ...host, pem_keys: [keyPair().publicPem, publicPem] } })
    await call('POST', `auth/${method}/role/app`, {
      body: {
        bound_service_account_names: ['app'],
        bound_service_account_namespaces: ['ops'],
        audience: 'vault',
        token_policies: ['contract-none'],
        token_ttl: '15m',
      },
    })
    const login = (jwt: string, role = 'app') =>
      call('POST', `auth/${method}/login`, { body: { role, jwt }, token: null })
    const status = async (claims: Partial<Claims>, key = privateKey) => (await login(await sign(key, claims))).status

    const good = await login(await sign(privateKey, {}))
    t.equal(good.status, 200)
    t.match(good.auth, { lease_duration: 900, renewable: true, metadata: { role: 'app', service_account_name: 'app' } })
    t.same(good.auth?.policies, ['contract-none', 'default'])

    t.equal(await status({}, keyPair().privateKey), 403, 'another key')
    t.equal(await status({ expiresIn: -120 }), 403, 'expired')
    t.equal(await status({ name: 'other' }), 403, 'another service account')
    t.equal(await status({ namespace: 'other' }), 403, 'another namespace')
    t.equal(await status({ audience: 'other' }), 403, 'another audience')
    t.equal((await login('not.a.jwt')).status, 403)
    t.equal((await login(unsigned())).status, 403, 'no signature')
    t.equal((await login(await sign(privateKey, {}), 'no-such-role')).status, 400)
    t.equal((await login('')).status, 400)
  })

  t.test('#login: a legacy service-account token is known by its flat claims', async (t) => {
    const { call, authMethod, target } = await openBench(t, open)
    if (target.judgesServiceAccountsByKey !== true) return t.comment('not run: this Vault asks a Kubernetes API')
    const method = await authMethod('kubernetes')
    const { privateKey, publicPem } = keyPair()
    await call('POST', `auth/${method}/config`, { body: { ...host, pem_keys: [publicPem] } })
    const bound = { bound_service_account_names: ['*'], bound_service_account_namespaces: ['ops'] }
    await call('POST', `auth/${method}/role/any`, { body: bound })
    const jwt = await new SignJWT({
      'kubernetes.io/serviceaccount/namespace': 'ops',
      'kubernetes.io/serviceaccount/service-account.name': 'whoever',
    })
      .setProtectedHeader({ alg: 'RS256' })
      .sign(privateKey)
    t.equal((await call('POST', `auth/${method}/login`, { body: { role: 'any', jwt }, token: null })).status, 200)
  })
}

const host = { kubernetes_host: 'https://kubernetes.example:6443' }

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

type Claims = { name: string; namespace: string; audience: string; expiresIn: number }

function sign(
  key: KeyObject,
  { name = 'app', namespace = 'ops', audience = 'vault', expiresIn = 600 }: Partial<Claims>,
) {
  return new SignJWT({ 'kubernetes.io': { namespace, serviceaccount: { name, uid: 'u-1' } } })
    .setProtectedHeader({ alg: 'RS256' })
    .setSubject(`system:serviceaccount:${namespace}:${name}`)
    .setAudience(audience)
    .setExpirationTime(Math.floor(Date.now() / 1_000) + expiresIn)
    .sign(key)
}

function unsigned(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ 'kubernetes.io': { namespace: 'ops', serviceaccount: { name: 'app' } } })}.`
}
