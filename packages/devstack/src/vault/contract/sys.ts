import type { Test } from 'tap'
import { type OpenTarget, openBench } from './bench.ts'

/** developer.hashicorp.com/vault/api-docs/system, by its page. */
export function sysContract(t: Test, open: OpenTarget): void {
  t.test('system/health: 200 while active, or the code that is asked for, without a token', async (t) => {
    const { call } = await openBench(t, open)
    const health = await call('GET', 'sys/health', { token: null })
    t.equal(health.status, 200)
    t.match(health.body, {
      initialized: true,
      sealed: false,
      standby: false,
      version: String,
      server_time_utc: Number,
      cluster_name: String,
    })
    t.equal((await call('GET', 'sys/health?activecode=299&sealedcode=298&standbyok=true', { token: null })).status, 299)
    t.equal((await call('HEAD', 'sys/health', { token: null })).status, 200)
    t.equal((await call('GET', 'sys/health?activecode=none', { token: null })).status, 400)
  })

  t.test('system/seal-status and system/init answer without a token', async (t) => {
    const { call } = await openBench(t, open)
    t.match((await call('GET', 'sys/seal-status', { token: null })).body, {
      sealed: false,
      initialized: true,
      t: Number,
      n: Number,
    })
    t.match((await call('GET', 'sys/init', { token: null })).body, { initialized: true })
  })

  t.test('system/mounts: listed, refused twice at one place, gone with its secrets', async (t) => {
    const { call, unique } = await openBench(t, open)
    const path = unique('contract-mount')
    const body = { type: 'kv', options: { version: '2' } }
    t.equal((await call('POST', `sys/mounts/${path}`, { body })).status, 204)
    t.match((await call('GET', 'sys/mounts')).data[`${path}/`], { type: 'kv', options: { version: '2' } })
    t.equal((await call('POST', `sys/mounts/${path}`, { body })).status, 400)
    t.equal((await call('DELETE', `sys/mounts/${path}`)).status, 204)
    t.equal((await call('GET', 'sys/mounts')).data[`${path}/`], undefined)
    t.equal((await call('GET', `${path}/data/x`)).status, 404)
  })

  t.test('system/auth: enabled, listed, disabled with the tokens that it gave', async (t) => {
    const { call, authMethod } = await openBench(t, open)
    const method = await authMethod('approle')
    t.match((await call('GET', 'sys/auth')).data, { [`${method}/`]: { type: 'approle' }, 'token/': { type: 'token' } })
    await call('POST', `auth/${method}/role/app`, { body: {} })
    const { role_id } = (await call('GET', `auth/${method}/role/app/role-id`)).data
    const { secret_id } = (await call('POST', `auth/${method}/role/app/secret-id`, { body: {} })).data
    const login = await call('POST', `auth/${method}/login`, { body: { role_id, secret_id }, token: null })
    const token = login.auth?.client_token ?? ''
    t.equal((await call('GET', 'auth/token/lookup-self', { token })).status, 200)
    t.equal((await call('DELETE', `sys/auth/${method}`)).status, 204)
    t.equal((await call('GET', 'auth/token/lookup-self', { token })).status, 403)
  })

  t.test('a path that nothing serves is 404 and names it', async (t) => {
    const { call, unique } = await openBench(t, open)
    const path = `${unique('contract-nowhere')}/x`
    const answer = await call('GET', path)
    t.equal(answer.status, 404)
    t.match(answer.errors, [/no handler for route/])
  })
}
