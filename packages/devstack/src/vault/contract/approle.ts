import type { Test } from 'tap'
import { type Bench, eventually, type OpenTarget, openBench } from './bench.ts'

/** developer.hashicorp.com/vault/api-docs/auth/approle, by its section. */
export function appRoleContract(t: Test, open: OpenTarget): void {
  t.test('#login-with-approle: a role id and a secret id give a token with the role’s policies and life', async (t) => {
    const bench = await openBench(t, open)
    const role = await roleWith(bench, { token_policies: ['contract-none'], token_ttl: '10m', token_max_ttl: '20m' })
    const login = await role.login()
    t.equal(login.status, 200)
    t.match(login.auth, { lease_duration: 600, renewable: true, orphan: true, metadata: { role_name: role.name } })
    t.same(login.auth?.policies, ['contract-none', 'default'])
    const token = login.auth?.client_token ?? ''
    const renewed = await bench.call('POST', 'auth/token/renew-self', { body: { increment: '3h' }, token })
    const left = renewed.auth?.lease_duration ?? 0
    t.ok(left > 1_100 && left <= 1_200, `${left} s: token_max_ttl holds`)
  })

  t.test('#login-with-approle: a wrong role id or secret id is refused', async (t) => {
    const { call, ...bench } = await openBench(t, open)
    const role = await roleWith({ call, ...bench }, {})
    const login = (body: object) => call('POST', `auth/${role.method}/login`, { body, token: null })
    const { role_id, secret_id } = await role.credentials()
    t.equal((await login({ role_id, secret_id })).status, 200)
    for (const body of [{ role_id, secret_id: 'wrong' }, { role_id: 'wrong', secret_id }, { role_id }]) {
      t.equal((await login(body)).status, 400, JSON.stringify(Object.keys(body)))
    }
  })

  t.test('#create-update-approle: secret_id_num_uses and secret_id_ttl end a secret id', async (t) => {
    t.setTimeout(200_000)
    const bench = await openBench(t, open)
    const role = await roleWith(bench, { secret_id_num_uses: 2 })
    const twice = await role.credentials()
    const statuses = [await role.login(twice), await role.login(twice), await role.login(twice)].map(
      ({ status }) => status,
    )
    t.same(statuses, [200, 200, 400])
    const brief = await roleWith(bench, { secret_id_ttl: '2s' })
    const credentials = await brief.credentials()
    t.equal((await brief.login(credentials)).status, 200)
    // A real one takes it until it tidies, once a minute.
    await eventually(async () => (await brief.login(credentials)).status === 400, 180_000)
  })

  t.test('#read-approle-role-id and #generate-new-secret-id: told once, counted, destroyed', async (t) => {
    const { call, ...bench } = await openBench(t, open)
    const role = await roleWith({ call, ...bench }, { secret_id_num_uses: 5, secret_id_ttl: '1h' })
    const at = `auth/${role.method}/role/${role.name}`
    t.match((await call('GET', at)).data, { secret_id_num_uses: 5, secret_id_ttl: 3_600, bind_secret_id: true })
    const made = await call('POST', `${at}/secret-id`, { body: {} })
    t.match(made.data, { secret_id: String, secret_id_accessor: String, secret_id_ttl: 3_600, secret_id_num_uses: 5 })
    const { secret_id } = made.data
    t.match((await call('POST', `${at}/secret-id/lookup`, { body: { secret_id } })).data, { secret_id_num_uses: 5 })
    t.equal((await call('POST', `${at}/secret-id/destroy`, { body: { secret_id } })).status, 204)
    t.equal((await role.login({ ...(await role.credentials()), secret_id: String(secret_id) })).status, 400)
    t.equal((await call('POST', `${at}/role-id`, { body: { role_id: bench.unique('named') } })).status, 204)
    t.match((await call('GET', `${at}/role-id`)).data, { role_id: /^named-/ })
  })

  t.test('#list-roles and #delete-approle: a deleted role lets nobody in', async (t) => {
    const { call, ...bench } = await openBench(t, open)
    const role = await roleWith({ call, ...bench }, {})
    const credentials = await role.credentials()
    t.same((await call('LIST', `auth/${role.method}/role`)).data.keys, [role.name])
    t.equal((await call('DELETE', `auth/${role.method}/role/${role.name}`)).status, 204)
    t.equal((await call('GET', `auth/${role.method}/role/${role.name}`)).status, 404)
    t.equal((await role.login(credentials)).status, 400)
  })
}

type Credentials = { role_id: string; secret_id: string }

async function roleWith({ call, authMethod, unique }: Bench, body: object) {
  const method = await authMethod('approle')
  const name = unique('role')
  const at = `auth/${method}/role/${name}`
  const made = await call('POST', at, { body })
  if (made.status !== 204) throw new Error(`the role was refused: ${JSON.stringify(made.errors)}`)
  async function credentials(): Promise<Credentials> {
    const role = await call('GET', `${at}/role-id`)
    const secret = await call('POST', `${at}/secret-id`, { body: {} })
    return { role_id: String(role.data.role_id), secret_id: String(secret.data.secret_id) }
  }
  return {
    method,
    name,
    credentials,
    login: async (given?: Credentials) =>
      call('POST', `auth/${method}/login`, { body: given ?? (await credentials()), token: null }),
  }
}
