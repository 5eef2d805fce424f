import type { Test } from 'tap'
import { type Bench, type OpenTarget, openBench } from './bench.ts'

type Paths = Readonly<Record<string, readonly string[]>>

/** developer.hashicorp.com/vault/docs/concepts/policies and /vault/api-docs/system/policies. */
export function policyContract(t: Test, open: OpenTarget): void {
  t.test('concepts/policies: what no rule grants is denied, in Vault’s own words', async (t) => {
    const bench = await openBench(t, open)
    const token = await tokenFor(bench, { 'data/mine': ['read'] })
    await bench.call('POST', `${bench.mount}/data/mine`, { body: { data: {} } })
    t.equal((await bench.call('GET', `${bench.mount}/data/mine`, { token })).status, 200)
    const others = [
      ['GET', `${bench.mount}/data/other`],
      ['POST', `${bench.mount}/data/mine`],
      ['DELETE', `${bench.mount}/data/mine`],
      ['GET', `${bench.mount}/metadata/mine`],
      ['LIST', `${bench.mount}/metadata`],
      ['GET', 'sys/mounts'],
      ['GET', 'nowhere/at/all'],
    ] as const
    for (const [method, path] of others) {
      const denied = await bench.call(method, path, { token, ...(method === 'POST' && { body: { data: {} } }) })
      t.match(denied, { status: 403, errors: ['1 error occurred:\n\t* permission denied\n\n'] }, `${method} ${path}`)
    }
  })

  t.test('concepts/policies#capabilities: create is for what is not there, update for what is', async (t) => {
    const bench = await openBench(t, open)
    const creator = await tokenFor(bench, { 'data/*': ['create'] })
    const updater = await tokenFor(bench, { 'data/*': ['update'] })
    const write = async (token: string) =>
      (await bench.call('POST', `${bench.mount}/data/x`, { body: { data: {} }, token })).status
    t.same(
      [await write(updater), await write(creator), await write(creator), await write(updater)],
      [403, 200, 403, 200],
    )
    await bench.call('DELETE', `${bench.mount}/data/x`)
    t.equal(await write(creator), 403, 'a deleted version is still there')
    await bench.call('DELETE', `${bench.mount}/metadata/x`)
    t.equal(await write(creator), 200)
  })

  t.test('concepts/policies#capabilities: delete, list and patch are granted apart', async (t) => {
    const bench = await openBench(t, open)
    const token = await tokenFor(bench, { 'data/*': ['patch'], 'metadata/*': ['list'], 'metadata/x': ['delete'] })
    await bench.call('POST', `${bench.mount}/data/x`, { body: { data: { a: '1' } } })
    const headers = { 'content-type': 'application/merge-patch+json' }
    const patched = await bench.call('PATCH', `${bench.mount}/data/x`, { body: { data: { b: '2' } }, headers, token })
    t.equal(patched.status, 200)
    t.equal((await bench.call('LIST', `${bench.mount}/metadata/`, { token })).status, 200)
    t.equal((await bench.call('DELETE', `${bench.mount}/data/x`, { token })).status, 403)
    t.equal((await bench.call('DELETE', `${bench.mount}/metadata/x`, { token })).status, 204)
  })

  t.test('concepts/policies#policy-syntax: a * at the end is any rest, a + is one segment', async (t) => {
    const bench = await openBench(t, open)
    const token = await tokenFor(bench, { 'data/glob/a*': ['read'], 'data/+/credentials': ['read'] })
    const status = (name: string) => statusOf(bench, token, name)
    t.same(await Promise.all(['glob/a', 'glob/abc', 'glob/a/b/c'].map(status)), [404, 404, 404])
    t.same(await Promise.all(['glob/b', 'glob'].map(status)), [403, 403])
    t.same(
      await Promise.all(['one/credentials', 'one/two/credentials', 'credentials', 'one/credentials/x'].map(status)),
      [404, 403, 403, 403],
    )
  })

  t.test('concepts/policies#priority-matching: the most specific rule decides alone', async (t) => {
    const bench = await openBench(t, open)
    const token = await tokenFor(bench, {
      'data/*': ['read'],
      'data/closed/*': ['create'],
      'data/closed/but/this': ['read'],
      'data/seg/+/end': ['create'],
      'data/seg/a*': ['read'],
      'data/two/+/+': ['read'],
      'data/two/+/deep*': ['create'],
    })
    const read = (name: string) => statusOf(bench, token, name)
    t.equal(await read('open'), 404)
    t.equal(await read('closed/x'), 403, 'the longer prefix does not grant read')
    t.equal(await read('closed/but/this'), 404, 'an exact path is the most specific')
    t.equal(await read('seg/abc/end'), 404, 'the rule whose first wildcard comes later wins')
    t.equal(await read('seg/xyz/end'), 403)
    t.equal(await read('two/a/deeper'), 404, 'a rule that does not end in * wins over one that does')
  })

  t.test('concepts/policies#capabilities: deny wins, also over another policy', async (t) => {
    const bench = await openBench(t, open)
    const names = [bench.unique('contract-allow'), bench.unique('contract-deny')]
    const rules = [['read', 'list'], ['deny']]
    for (const [at, name] of names.entries()) {
      const policy = JSON.stringify({ path: { [`${bench.mount}/data/x`]: { capabilities: rules[at] } } })
      await bench.call('PUT', `sys/policies/acl/${name}`, { body: { policy } })
      t.teardown(() => bench.call('DELETE', `sys/policies/acl/${name}`))
    }
    const token = async (policies: string[]) =>
      (await bench.call('POST', 'auth/token/create', { body: { policies, ttl: '5m' } })).auth?.client_token ?? ''
    t.equal(await statusOf(bench, await token(names.slice(0, 1)), 'x'), 404)
    t.equal(await statusOf(bench, await token(names), 'x'), 403)
  })

  t.test('concepts/policies: rules of several policies for one path add up', async (t) => {
    const bench = await openBench(t, open)
    const names = await Promise.all(
      ['read', 'create'].map(async (capability) => {
        const name = bench.unique('contract-part')
        const policy = `path "${bench.mount}/data/*" { capabilities = ["${capability}"] }`
        await bench.call('PUT', `sys/policies/acl/${name}`, { body: { policy } })
        t.teardown(() => bench.call('DELETE', `sys/policies/acl/${name}`))
        return name
      }),
    )
    const made = await bench.call('POST', 'auth/token/create', { body: { policies: names, ttl: '5m' } })
    const token = made.auth?.client_token ?? ''
    t.equal((await bench.call('POST', `${bench.mount}/data/x`, { body: { data: {} }, token })).status, 200)
    t.equal(await statusOf(bench, token, 'x'), 200)
  })

  t.test('system/policies: written as HCL, read back as written, listed, deleted', async (t) => {
    const { call, unique, mount } = await openBench(t, open)
    const name = unique('contract-crud')
    const policy = `# a comment\npath "${mount}/data/*" {\n  capabilities = ["read", "list"] // and why\n}\n`
    t.equal((await call('PUT', `sys/policies/acl/${name}`, { body: { policy } })).status, 204)
    t.match((await call('GET', `sys/policies/acl/${name}`)).data, { name, policy })
    const listed = (await call('LIST', 'sys/policies/acl')).data.keys as string[]
    t.ok(listed.includes(name) && listed.includes('default') && listed.includes('root'))
    t.match((await call('GET', `sys/policy/${name}`)).data, { name, rules: policy })
    t.equal((await call('DELETE', `sys/policies/acl/${name}`)).status, 204)
    t.equal((await call('GET', `sys/policies/acl/${name}`)).status, 404)
  })

  t.test('system/policies: what cannot be read as a policy is refused', async (t) => {
    const { call, unique } = await openBench(t, open)
    for (const policy of ['path "x" {', 'path "x" { capabilities = ["fly"] }', '']) {
      t.equal(
        (await call('PUT', `sys/policies/acl/${unique('contract-bad')}`, { body: { policy } })).status,
        400,
        policy,
      )
    }
    t.equal((await call('DELETE', 'sys/policies/acl/default')).status, 400)
    t.equal(
      (await call('PUT', 'sys/policies/acl/root', { body: { policy: 'path "x" { policy = "deny" }' } })).status,
      400,
    )
  })

  t.test('system/capabilities-self: tells what the token may do', async (t) => {
    const bench = await openBench(t, open)
    const token = await tokenFor(bench, { 'data/*': ['update', 'read'], 'data/no': ['deny'] })
    const paths = ['yes', 'no'].map((name) => `${bench.mount}/data/${name}`)
    const asked = await bench.call('POST', 'sys/capabilities-self', { body: { paths: [...paths, 'elsewhere'] }, token })
    t.same(
      [...paths, 'elsewhere'].map((path) => asked.data[path]),
      [['read', 'update'], ['deny'], ['deny']],
    )
  })
}

const tokenFor = (bench: Bench, paths: Paths) =>
  bench.tokenWith({
    path: Object.fromEntries(
      Object.entries(paths).map(([path, capabilities]) => [`${bench.mount}/${path}`, { capabilities }]),
    ),
  })

/** 404 shows that the read was let through. */
const statusOf = async ({ call, mount }: Bench, token: string, name: string) =>
  (await call('GET', `${mount}/data/${name}`, { token })).status
