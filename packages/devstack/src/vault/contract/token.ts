import type { Test } from 'tap'
import { type Bench, eventually, type OpenTarget, openBench } from './bench.ts'

/** developer.hashicorp.com/vault/api-docs/auth/token, by its section. */
export function tokenContract(t: Test, open: OpenTarget): void {
  t.test('#create-token: a token with the policies, life and metadata asked for', async (t) => {
    const { call } = await openBench(t, open)
    const made = await call('POST', 'auth/token/create', {
      body: { policies: ['contract-none'], ttl: '1h', meta: { user: 'ops' }, display_name: 'app' },
    })
    t.equal(made.status, 200)
    t.match(made.auth, { lease_duration: 3_600, renewable: true, metadata: { user: 'ops' } })
    t.same(made.auth?.policies, ['contract-none', 'default'])
    const self = await call('GET', 'auth/token/lookup-self', { token: made.auth?.client_token ?? '' })
    t.match(self.data, {
      id: made.auth?.client_token,
      display_name: 'token-app',
      meta: { user: 'ops' },
      creation_ttl: 3_600,
    })
    t.match(self.data, {
      policies: ['contract-none', 'default'],
      orphan: false,
      explicit_max_ttl: 0,
      num_uses: 0,
      type: 'service',
    })
    t.ok(Number(self.data.ttl) > 3_500 && Number(self.data.ttl) <= 3_600)
  })

  t.test('#create-token: without the default policy when so asked', async (t) => {
    const { call } = await openBench(t, open)
    const made = await call('POST', 'auth/token/create', {
      body: { policies: ['contract-none'], no_default_policy: true, ttl: '60' },
    })
    t.same(made.auth?.policies, ['contract-none'])
    t.equal((await call('GET', 'auth/token/lookup-self', { token: made.auth?.client_token ?? '' })).status, 403)
  })

  t.test('#create-token: nobody gives policies that they lack', async (t) => {
    const bench = await openBench(t, open)
    const token = await bench.tokenWith({ path: { 'auth/token/create': { capabilities: ['update'] } } })
    const wide = await bench.call('POST', 'auth/token/create', { body: { policies: ['root'] }, token })
    t.equal(wide.status, 400)
    const other = await bench.call('POST', 'auth/token/create', { body: { policies: ['contract-other'] }, token })
    t.match(other, { status: 400, errors: ['child policies must be subset of parent'] })
    const same = await bench.call('POST', 'auth/token/create', { body: { ttl: '5m' }, token })
    t.equal(same.status, 200)
    t.match(same.auth, { orphan: false })
  })

  t.test('#lookup-a-token: another token tells its life, an unknown one is refused', async (t) => {
    const bench = await openBench(t, open)
    const token = await make(bench, { ttl: '1h' })
    t.match((await bench.call('POST', 'auth/token/lookup', { body: { token } })).data, {
      id: token,
      creation_ttl: 3_600,
    })
    t.equal((await bench.call('POST', 'auth/token/lookup', { body: { token: 'hvs.unknown' } })).status, 403)
  })

  t.test('#renew-a-token-self: as long again from now, or as long as asked', async (t) => {
    const bench = await openBench(t, open)
    const token = await make(bench, { ttl: '1h' })
    t.equal((await bench.call('POST', 'auth/token/renew-self', { body: {}, token })).auth?.lease_duration, 3_600)
    const longer = await bench.call('POST', 'auth/token/renew-self', { body: { increment: '2h' }, token })
    t.match(longer.auth, { client_token: token, lease_duration: 7_200, renewable: true })
    const other = await bench.call('POST', 'auth/token/renew', { body: { token, increment: '30m' } })
    t.equal(other.auth?.lease_duration, 1_800)
  })

  t.test('#renew-a-token-self: never past the explicit maximum', async (t) => {
    const bench = await openBench(t, open)
    const token = await make(bench, { ttl: '1h', explicit_max_ttl: '90m' })
    const renewed = await bench.call('POST', 'auth/token/renew-self', { body: { increment: '3h' }, token })
    t.equal(renewed.status, 200)
    const left = renewed.auth?.lease_duration ?? 0
    t.ok(left > 5_300 && left <= 5_400, `${left} s are left of 5,400`)
  })

  t.test('#renew-a-token-self: a token made not renewable is not renewed', async (t) => {
    const bench = await openBench(t, open)
    const token = await make(bench, { ttl: '1h', renewable: false })
    t.equal((await bench.call('POST', 'auth/token/renew-self', { body: {}, token })).status, 400)
  })

  t.test('#create-token: a periodic token gets its period at each renewal, whatever is asked', async (t) => {
    const bench = await openBench(t, open)
    const token = await make(bench, { period: '20m' })
    const renewed = await bench.call('POST', 'auth/token/renew-self', { body: { increment: '5h' }, token })
    t.equal(renewed.auth?.lease_duration, 1_200)
  })

  t.test('#create-token: a token is worth nothing after its life, and neither are its children', async (t) => {
    const bench = await openBench(t, open)
    const policy = { path: { 'auth/token/create': { capabilities: ['update'] } } }
    const parent = await bench.tokenWith(policy, { ttl: '2s' })
    const child = await bench.call('POST', 'auth/token/create', { body: { ttl: '10m' }, token: parent })
    t.equal(await selfStatus(bench, child.auth?.client_token ?? ''), 200)
    await eventually(async () => (await selfStatus(bench, parent)) === 403)
    await eventually(async () => (await selfStatus(bench, child.auth?.client_token ?? '')) === 403)
  })

  t.test('#revoke-a-token: it and its children end at once, orphans live on', async (t) => {
    const bench = await openBench(t, open)
    const policy = { path: { 'auth/token/create': { capabilities: ['update', 'sudo'] } } }
    const parent = await bench.tokenWith(policy)
    const make = async (body: object) =>
      (await bench.call('POST', 'auth/token/create', { body: { ttl: '5m', ...body }, token: parent })).auth
        ?.client_token ?? ''
    const [child, orphan] = [await make({}), await make({ no_parent: true })]
    t.equal((await bench.call('POST', 'auth/token/revoke', { body: { token: parent } })).status, 204)
    t.same(
      [await selfStatus(bench, parent), await selfStatus(bench, child), await selfStatus(bench, orphan)],
      [403, 403, 200],
    )
    t.equal((await bench.call('POST', 'auth/token/revoke-self', { token: orphan })).status, 204)
    t.equal(await selfStatus(bench, orphan), 403)
  })

  t.test('#create-token: num_uses counts every request', async (t) => {
    const bench = await openBench(t, open)
    const token = await make(bench, { ttl: '5m', num_uses: 2 })
    t.same(
      [await selfStatus(bench, token), await selfStatus(bench, token), await selfStatus(bench, token)],
      [200, 200, 403],
    )
  })

  t.test('/vault/api-docs#authentication: the token travels in X-Vault-Token or as a bearer', async (t) => {
    const bench = await openBench(t, open)
    const token = await make(bench, { ttl: '5m' })
    const bearer = await bench.call('GET', 'auth/token/lookup-self', {
      token: null,
      headers: { authorization: `Bearer ${token}` },
    })
    t.match(bearer.data, { id: token })
    const none = await bench.call('GET', `${bench.mount}/data/x`, { token: null })
    t.ok(none.status === 403 || none.status === 400, 'no token at all')
    t.equal((await bench.call('GET', `${bench.mount}/data/x`, { token: 'hvs.unknown' })).status, 403)
  })
}

async function make({ call }: Bench, body: object): Promise<string> {
  const { auth } = await call('POST', 'auth/token/create', { body: { policies: ['default'], ...body } })
  if (auth === null) throw new Error('no token was given')
  return auth.client_token
}

const selfStatus = async ({ call }: Bench, token: string) =>
  (await call('GET', 'auth/token/lookup-self', { token })).status
