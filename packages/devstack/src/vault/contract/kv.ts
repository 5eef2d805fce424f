import type { Test } from 'tap'
import { type OpenTarget, openBench } from './bench.ts'

/** developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2, by its section. */
export function kvContract(t: Test, open: OpenTarget): void {
  t.test('#create-update-secret: a write makes the next version and answers with its metadata', async (t) => {
    const { call, mount } = await openBench(t, open)
    const first = await call('POST', `${mount}/data/a/b`, { body: { data: { one: '1' } } })
    t.equal(first.status, 200)
    t.match(first.data, { version: 1, destroyed: false, deletion_time: '', custom_metadata: null })
    t.ok(Date.parse(String(first.data.created_time)) > 0)
    t.match(first.body, {
      request_id: String,
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      wrap_info: null,
      auth: null,
    })
    t.match((await call('PUT', `${mount}/data/a/b`, { body: { data: { two: '2' } } })).data, { version: 2 })
    t.same((await call('GET', `${mount}/data/a/b`)).data.data, { two: '2' }, 'a write replaces all')
  })

  t.test('#create-update-secret: cas 0 writes only what is not there yet', async (t) => {
    const { call, mount } = await openBench(t, open)
    const write = (cas: number, value: string) =>
      call('POST', `${mount}/data/x`, { body: { options: { cas }, data: { value } } })
    t.equal((await write(0, 'first')).status, 200)
    const again = await write(0, 'second')
    t.equal(again.status, 400)
    t.same(again.errors, ['check-and-set parameter did not match the current version'])
    t.match((await call('GET', `${mount}/data/x`)).data, { data: { value: 'first' }, metadata: { version: 1 } })
  })

  t.test('#create-update-secret: any other cas must be the current version', async (t) => {
    const { call, mount } = await openBench(t, open)
    const write = (cas: number) =>
      call('POST', `${mount}/data/x`, { body: { options: { cas }, data: { cas: String(cas) } } })
    t.equal((await write(1)).status, 400, 'nothing is there, so nothing is at version 1')
    t.equal((await write(0)).status, 200)
    t.equal((await write(2)).status, 400)
    t.match((await write(1)).data, { version: 2 })
    t.equal((await write(1)).status, 400)
  })

  t.test('#create-update-secret: of concurrent writes with one cas exactly one wins', async (t) => {
    const { call, mount } = await openBench(t, open)
    const writes = Array.from({ length: 10 }, (_, n) =>
      call('POST', `${mount}/data/race`, { body: { options: { cas: 0 }, data: { n: String(n) } } }),
    )
    const statuses = (await Promise.all(writes)).map(({ status }) => status)
    t.same(statuses.sort(), [200, ...Array<number>(9).fill(400)])
    t.match((await call('GET', `${mount}/data/race`)).data, { metadata: { version: 1 } })
  })

  t.test('#create-update-secret: a write without data, or with broken JSON, is refused', async (t) => {
    const { call, mount } = await openBench(t, open)
    t.match(await call('POST', `${mount}/data/x`, { body: { value: 'not in data' } }), {
      status: 400,
      errors: ['no data provided'],
    })
    t.equal((await call('POST', `${mount}/data/x`, { body: '{"data":' })).status, 400)
    t.equal((await call('GET', `${mount}/data/x`)).status, 404)
  })

  t.test('#configure-the-kv-engine: cas_required refuses writes without cas', async (t) => {
    const { call, mount } = await openBench(t, open)
    t.equal((await call('POST', `${mount}/config`, { body: { cas_required: true, max_versions: 4 } })).status, 204)
    t.match((await call('GET', `${mount}/config`)).data, {
      cas_required: true,
      max_versions: 4,
      delete_version_after: '0s',
    })
    const bare = await call('POST', `${mount}/data/x`, { body: { data: {} } })
    t.match(bare, { status: 400, errors: ['check-and-set parameter required for this call'] })
    t.equal((await call('POST', `${mount}/data/x`, { body: { data: {}, options: { cas: 0 } } })).status, 200)
  })

  t.test('#read-secret-version: gives the version asked for, the latest otherwise', async (t) => {
    const { call, mount } = await openBench(t, open)
    for (const value of ['one', 'two']) await call('POST', `${mount}/data/x`, { body: { data: { value } } })
    t.match((await call('GET', `${mount}/data/x?version=1`)).data, { data: { value: 'one' }, metadata: { version: 1 } })
    t.match((await call('GET', `${mount}/data/x?version=0`)).data, { metadata: { version: 2 } })
    const absent = [`${mount}/data/x?version=3`, `${mount}/data/never`]
    for (const path of absent) t.match(await call('GET', path), { status: 404, body: { errors: [] } }, path)
  })

  t.test('#read-secret-version: text of any kind comes back as it was', async (t) => {
    const { call, mount } = await openBench(t, open)
    const data = {
      quote: '"\\',
      unicode: 'ÿ漢😀',
      line: 'a\n\tb',
      empty: '',
      long: 'x'.repeat(65_536),
      nested: { a: [1, null, true] },
    }
    t.equal((await call('POST', `${mount}/data/with%20space/é`.replace('é', '%C3%A9'), { body: { data } })).status, 200)
    t.same((await call('GET', `${mount}/data/with%20space/%C3%A9`)).data.data, data)
  })

  t.test('#patch-secret: changes what is given, removes what is null, keeps the rest', async (t) => {
    const { call, mount } = await openBench(t, open)
    const headers = { 'content-type': 'application/merge-patch+json' }
    const patch = (body: unknown) => call('PATCH', `${mount}/data/x`, { body, headers })
    t.equal((await patch({ data: { a: '1' } })).status, 404)
    await call('POST', `${mount}/data/x`, { body: { data: { a: '1', b: '2', c: '3' } } })
    t.match(await patch({ data: { a: '9', b: null }, options: { cas: 1 } }), { status: 200, data: { version: 2 } })
    t.same((await call('GET', `${mount}/data/x`)).data.data, { a: '9', c: '3' })
    t.equal((await patch({ data: { a: '0' }, options: { cas: 1 } })).status, 400)
  })

  t.test('#delete-latest-version-of-secret and #undelete-secret-versions: out of sight and back', async (t) => {
    const { call, mount } = await openBench(t, open)
    for (const value of ['one', 'two']) await call('POST', `${mount}/data/x`, { body: { data: { value } } })
    t.equal((await call('DELETE', `${mount}/data/x`)).status, 204)
    const gone = await call('GET', `${mount}/data/x`)
    t.equal(gone.status, 404)
    t.match(gone.data, { data: null, metadata: { version: 2, destroyed: false, deletion_time: /^\d{4}-/ } })
    t.equal((await call('GET', `${mount}/data/x?version=1`)).status, 200)
    t.equal((await call('POST', `${mount}/undelete/x`, { body: { versions: [2] } })).status, 204)
    t.match((await call('GET', `${mount}/data/x`)).data, { data: { value: 'two' }, metadata: { deletion_time: '' } })
  })

  t.test('#delete-latest-version-of-secret: versions go on after a deletion', async (t) => {
    const { call, mount } = await openBench(t, open)
    await call('POST', `${mount}/data/x`, { body: { data: {} } })
    await call('DELETE', `${mount}/data/x`)
    t.equal((await call('POST', `${mount}/data/x`, { body: { data: {}, options: { cas: 0 } } })).status, 400)
    t.match((await call('POST', `${mount}/data/x`, { body: { data: {}, options: { cas: 1 } } })).data, { version: 2 })
  })

  t.test('#delete-secret-versions and #destroy-secret-versions: the named ones, destroyed for good', async (t) => {
    const { call, mount } = await openBench(t, open)
    for (const value of ['one', 'two', 'three']) await call('POST', `${mount}/data/x`, { body: { data: { value } } })
    const read = async (version: number) => (await call('GET', `${mount}/data/x?version=${version}`)).status
    t.equal((await call('POST', `${mount}/delete/x`, { body: { versions: [1, 2] } })).status, 204)
    t.same([await read(1), await read(2), await read(3)], [404, 404, 200])
    t.equal((await call('PUT', `${mount}/destroy/x`, { body: { versions: [2] } })).status, 204)
    t.equal((await call('POST', `${mount}/undelete/x`, { body: { versions: [1, 2] } })).status, 204)
    t.same([await read(1), await read(2), await read(3)], [200, 404, 200])
    t.match((await call('GET', `${mount}/data/x?version=2`)).data, { data: null, metadata: { destroyed: true } })
    t.equal((await call('POST', `${mount}/delete/x`, { body: {} })).status, 400, 'versions are required')
    t.equal((await call('POST', `${mount}/destroy/never`, { body: { versions: [1] } })).status, 204)
  })

  t.test('#read-secret-metadata: tells every version and what the key is set to', async (t) => {
    const { call, mount } = await openBench(t, open)
    for (const value of ['one', 'two']) await call('POST', `${mount}/data/x`, { body: { data: { value } } })
    const read = await call('GET', `${mount}/metadata/x`)
    t.match(read.data, {
      current_version: 2,
      oldest_version: 0,
      max_versions: 0,
      cas_required: false,
      delete_version_after: '0s',
    })
    t.match(read.data.versions, { 1: { destroyed: false, deletion_time: '' }, 2: { created_time: /^\d{4}-/ } })
    t.notOk(JSON.stringify(read.body).includes('"two"'), 'no secret in it')
    t.match(await call('GET', `${mount}/metadata/never`), { status: 404, body: { errors: [] } })
  })

  t.test('#create-update-metadata: settings without a version, custom metadata with every read', async (t) => {
    const { call, mount } = await openBench(t, open)
    const body = {
      max_versions: 2,
      cas_required: true,
      delete_version_after: '1h30m',
      custom_metadata: { owner: 'ops' },
    }
    t.equal((await call('POST', `${mount}/metadata/x`, { body })).status, 204)
    t.match((await call('GET', `${mount}/metadata/x`)).data, {
      current_version: 0,
      max_versions: 2,
      cas_required: true,
      delete_version_after: '1h30m0s',
      custom_metadata: { owner: 'ops' },
    })
    t.equal((await call('POST', `${mount}/data/x`, { body: { data: {} } })).status, 400, 'cas is required')
    t.match((await call('POST', `${mount}/data/x`, { body: { data: {}, options: { cas: 0 } } })).data, {
      version: 1,
      custom_metadata: { owner: 'ops' },
      deletion_time: /^\d{4}-/,
    })
  })

  t.test('#delete-metadata-and-all-versions: nothing is left, and the next write begins at 1', async (t) => {
    const { call, mount } = await openBench(t, open)
    for (const value of ['one', 'two']) await call('POST', `${mount}/data/x`, { body: { data: { value } } })
    t.equal((await call('DELETE', `${mount}/metadata/x`)).status, 204)
    for (const path of ['data/x', 'data/x?version=1', 'metadata/x']) {
      t.match(await call('GET', `${mount}/${path}`), { status: 404, body: { errors: [] } }, path)
    }
    t.match((await call('POST', `${mount}/data/x`, { body: { data: {}, options: { cas: 0 } } })).data, { version: 1 })
    t.equal((await call('DELETE', `${mount}/metadata/never`)).status, 204)
  })
}
