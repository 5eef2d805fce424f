import type { Test } from 'tap'
import { type OpenTarget, openBench } from './bench.ts'

/** developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2: how many versions are kept, and what a list shows. */
export function kvListsContract(t: Test, open: OpenTarget): void {
  t.test('#create-update-metadata: ten versions are kept where nothing else is said', async (t) => {
    const { call, mount } = await openBench(t, open)
    for (let n = 1; n <= 12; n++) await call('POST', `${mount}/data/x`, { body: { data: { n: String(n) } } })
    t.equal((await call('GET', `${mount}/data/x?version=2`)).status, 404)
    t.match((await call('GET', `${mount}/data/x?version=3`)).data, { data: { n: '3' } })
    const { data } = await call('GET', `${mount}/metadata/x`)
    t.match(data, { current_version: 12, oldest_version: 3 })
    t.equal(Object.keys(data.versions as object).length, 10)
  })

  t.test('#create-update-metadata: of max_versions of the key and of the engine the larger counts', async (t) => {
    const { call, mount } = await openBench(t, open)
    await call('POST', `${mount}/config`, { body: { max_versions: 3 } })
    await call('POST', `${mount}/metadata/narrow`, { body: { max_versions: 1 } })
    await call('POST', `${mount}/metadata/wide`, { body: { max_versions: 4 } })
    for (const name of ['narrow', 'plain', 'wide']) {
      for (let n = 1; n <= 5; n++) await call('POST', `${mount}/data/${name}`, { body: { data: {} } })
    }
    const versions = async (name: string) =>
      Object.keys((await call('GET', `${mount}/metadata/${name}`)).data.versions as object)
    t.same(await versions('narrow'), ['3', '4', '5'])
    t.same(await versions('plain'), ['3', '4', '5'])
    t.same(await versions('wide'), ['2', '3', '4', '5'])
  })

  t.test('#list-secrets: names right below the folder, sorted, folders with a slash', async (t) => {
    const { call, mount } = await openBench(t, open)
    for (const name of ['b', 'a', 'a/x', 'a/y/z', 'ab/c'])
      await call('POST', `${mount}/data/${name}`, { body: { data: {} } })
    const list = async (path: string) => (await call('LIST', `${mount}/metadata${path}`)).data.keys
    t.same(await list(''), ['a', 'a/', 'ab/', 'b'])
    t.same(await list('/a'), ['x', 'y/'])
    t.same(await list('/a/'), ['x', 'y/'])
    t.same(
      (await call('GET', `${mount}/metadata/a?list=true`)).data.keys,
      ['x', 'y/'],
      'GET with list=true is the same',
    )
  })

  t.test('#list-secrets: a list of nothing is not found', async (t) => {
    const { call, mount } = await openBench(t, open)
    t.match(await call('LIST', `${mount}/metadata/none`), { status: 404, body: { errors: [] } })
    await call('POST', `${mount}/data/only/one`, { body: { data: {} } })
    await call('DELETE', `${mount}/data/only/one`)
    t.same((await call('LIST', `${mount}/metadata/only`)).data.keys, ['one'], 'a deleted version leaves its name')
    await call('DELETE', `${mount}/metadata/only/one`)
    t.equal((await call('LIST', `${mount}/metadata/only`)).status, 404)
  })

  t.test('a path that climbs reaches nothing', async (t) => {
    const { call, mount } = await openBench(t, open)
    await call('POST', `${mount}/data/target`, { body: { data: { value: 'here' } } })
    for (const path of ['data/a/../target', 'data/a/%2e%2e/target', 'data/a%2f..%2ftarget', 'data/../../sys/health']) {
      const read = await call('GET', `${mount}/${path}`)
      t.not(read.status, 200, path)
      const write = await call('POST', `${mount}/${path}`, { body: { data: { value: 'climbed' } } })
      t.ok(write.status >= 300, path)
    }
    t.match((await call('GET', `${mount}/data/target`)).data, { data: { value: 'here' }, metadata: { version: 1 } })
  })
}
