import { anOperator, createdOperator, expectStatus, startService, until, wireTo } from '@oms/testkit'
import t from 'tap'

const service = await startService(t, { apps: { 'admin-api': 1, 'health-ingestor': 1 } })
const { admin, report, sql } = service
const wire = await wireTo(service)

type Page = Readonly<{
  data: readonly Readonly<Record<string, unknown>>[]
  meta: Readonly<{ total: number; page: number; limit: number }>
}>

const list = async (query: string): Promise<Page> =>
  expectStatus(await admin('GET', `/operators${query}`), 200).body as object as Page

const names = ({ data }: Page): unknown[] => data.map(({ name }) => name)

/** Operators of one test alone: what they share is in `q`. */
async function family(fields: readonly Readonly<Record<string, unknown>>[]) {
  const q = `fam${anOperator().systemId}`.slice(0, 12)
  const members = []
  for (const [index, each] of fields.entries()) {
    members.push(await createdOperator(admin, { host: `h${index}.${q}.example`, ...each }))
  }
  return { q, members }
}

t.test('an empty list is a list', async (t) => {
  t.same(await list(''), { data: [], meta: { total: 0, page: 1, limit: 50 } })
  t.same(await list('?page=1000000&limit=1'), { data: [], meta: { total: 0, page: 1_000_000, limit: 1 } })
})

t.test('pages do not overlap and leave nothing out, and each tells the total', async (t) => {
  const { q, members } = await family(Array.from({ length: 7 }, () => ({})))
  const pages = await Promise.all([1, 2, 3, 4].map((page) => list(`?q=${q}&limit=3&page=${page}`)))
  t.same(
    pages.map(({ data }) => data.length),
    [3, 3, 1, 0],
  )
  t.same(
    pages.map(({ meta }) => meta),
    [1, 2, 3, 4].map((page) => ({ total: 7, page, limit: 3 })),
  )
  const newestFirst = members.map(({ operatorId }) => operatorId).reverse()
  t.same(
    pages.flatMap(({ data }) => data.map(({ operatorId }) => operatorId)),
    newestFirst,
  )
})

t.test('an entry of the list is what a read of that operator answers', async (t) => {
  const { q, members } = await family([{ notes: 'n', mnoId: 'roshan' }])
  const { body } = await admin('GET', `/operators/${String(members[0]?.operatorId)}`)
  t.same((await list(`?q=${q}`)).data, [body])
})

t.test('sort orders by each field, both ways', async (t) => {
  const mark = anOperator().systemId
  const { q, members } = await family([
    { name: `b ${String(mark)}`, systemId: 'mmm' },
    { name: `A ${String(mark)}`, systemId: 'zzz' },
    { name: `Ä ${String(mark)}`, systemId: 'aaa' },
    { name: `c ${String(mark)}`, systemId: 'Mmm' },
  ])
  const initials = async (sort: string) => names(await list(`?q=${q}&sort=${sort}`)).map((name) => String(name)[0])
  const [b, a] = members
  expectStatus(await admin('PATCH', `/operators/${String(a?.operatorId)}`, { status: 'ACTIVE' }), 200)
  expectStatus(await admin('PATCH', `/operators/${String(b?.operatorId)}`, { notes: 'changed last' }), 200)
  const orders = {
    createdAt: ['b', 'A', 'Ä', 'c'],
    updatedAt: ['Ä', 'c', 'A', 'b'],
    name: ['A', 'b', 'c', 'Ä'],
    host: ['b', 'A', 'Ä', 'c'],
  }
  for (const [field, order] of Object.entries(orders)) {
    t.same((await initials(field)).sort(), order.toSorted(), `${field}: all of them`)
    t.same(await initials(`-${field}`), (await initials(field)).reverse(), `-${field}`)
    if (field !== 'name') t.same(await initials(field), order, field)
  }
  t.same(
    (await initials('name')).filter((initial) => initial !== 'Ä'),
    ['A', 'b', 'c'],
    'in any case',
  )
  t.equal((await initials('status'))[0], 'A', 'ACTIVE before INACTIVE')
  t.same(await initials('-systemId'), (await initials('systemId')).reverse())
  t.same(names(await list(`?q=${q}`)), names(await list(`?q=${q}&sort=-createdAt`)), 'the newest first by default')
})

t.test('q finds a part of name, host or systemId in any case', async (t) => {
  const mark = String(anOperator().systemId)
  const byName = await createdOperator(admin, { name: `Telefónica ${mark}` })
  const byHost = await createdOperator(admin, { host: `telef.${mark}.example` })
  const bySystemId = await createdOperator(admin, { systemId: `x${mark}`.slice(0, 15) })
  const found = async (q: string) =>
    (await list(`?q=${encodeURIComponent(q)}&sort=createdAt`)).data.map(({ name }) => name)
  t.same(await found(mark), [byName.name, byHost.name, bySystemId.name])
  t.same(await found(mark.toUpperCase()), [byName.name, byHost.name, bySystemId.name])
  t.same(await found(`TELEFÓNICA ${mark}`), [byName.name])
  t.same(await found(`telefónica ${mark}`.normalize('NFD')), [byName.name])
  t.same(await found(`telef.${mark}`), [byHost.name])
  t.same(await found(`  X${mark} `), [bySystemId.name])
  t.same(await found(`${mark}-nothing`), [])
})

t.test('what is a wildcard elsewhere is a character in q', async (t) => {
  const mark = String(anOperator().systemId)
  const plain = await createdOperator(admin, { name: `${mark}abc` })
  const found = async (q: string) => names(await list(`?q=${encodeURIComponent(q)}`))
  for (const wild of [`${mark}%`, `${mark}_bc`, `${mark}a*`, `${mark}.bc`, `${mark}?bc`, `${mark}\\`, `%${mark}`]) {
    t.same(await found(wild), [], wild)
  }
  for (const sign of ['%', '_', '\\', '*', "'", '"', '$1', '--', ';']) {
    const name = `${mark}${sign}x`
    await createdOperator(admin, { name })
    t.same(await found(name), [name])
  }
  t.same(await found(plain.name), [plain.name])
})

t.test('status filters, and filters add up', async (t) => {
  const { q, members } = await family([{}, {}, {}])
  const [active, suspended, inactive] = members.map(({ operatorId }) => operatorId)
  for (const id of [active, suspended]) {
    expectStatus(await admin('PATCH', `/operators/${String(id)}`, { status: 'ACTIVE' }), 200)
  }
  expectStatus(await admin('PATCH', `/operators/${String(suspended)}`, { status: 'SUSPENDED' }), 200)
  for (const [status, id] of [
    ['ACTIVE', active],
    ['SUSPENDED', suspended],
    ['INACTIVE', inactive],
  ] as const) {
    t.match(await list(`?q=${q}&status=${status}`), { data: [{ operatorId: id, status }], meta: { total: 1 } })
  }
  t.same((await list(`?q=${q}&status=ACTIVE&healthState=HEALTHY`)).data, [])
})

t.test('healthState filters by what is shown: a silent operator is UNKNOWN whatever it was', async (t) => {
  const { q, members } = await family([{}, {}, {}, {}])
  const [healthy, unhealthy, silent, unheard] = members.map(({ operatorId }) => operatorId)
  await report({ operatorId: String(healthy) })
  await report({ operatorId: String(unhealthy), bindState: 'UNBOUND' })
  await report({ operatorId: String(silent) })
  await until('the reports', async () =>
    (await list(`?q=${q}&healthState=UNKNOWN`)).data.length === 1 ? true : undefined,
  )
  const filtered = async (state: string) =>
    (await list(`?q=${q}&healthState=${state}&sort=createdAt`)).data.map(({ operatorId }) => operatorId)
  t.same(await filtered('HEALTHY'), [healthy, silent])
  t.same(await filtered('UNHEALTHY'), [unhealthy])
  t.same(await filtered('DEGRADED'), [])
  t.same(await filtered('UNKNOWN'), [unheard])

  // A minute of silence, without waiting for it.
  await sql`UPDATE ops.operator_health SET last_received_at = last_received_at - interval '61 seconds'
    WHERE operator_id = ${String(silent)}`
  t.same(await filtered('HEALTHY'), [healthy])
  t.same(await filtered('UNKNOWN'), [silent, unheard])
  t.match((await list(`?q=${q}&healthState=UNKNOWN&sort=createdAt`)).data, [
    { operatorId: silent, healthState: 'UNKNOWN', healthStale: true },
    { operatorId: unheard, healthState: 'UNKNOWN', healthStale: false },
  ])
})

t.test('limits are kept: what is out of range or no such parameter is 400 and named', async (t) => {
  const refused: readonly (readonly [query: string, path: string])[] = [
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=0x10', 'limit'],
    ['limit=99999999999999999999', 'limit'],
    ['page=0', 'page'],
    ['page=1000001', 'page'],
    ['page=one', 'page'],
    ['page=1&page=2', 'page'],
    ['status=active', 'status'],
    ['status=DELETED', 'status'],
    ['status=ACTIVE&status=INACTIVE', 'status'],
    ['healthState=UP', 'healthState'],
    ['includeDeleted=yes', 'includeDeleted'],
    ['includeDeleted=1', 'includeDeleted'],
    ['includeDeleted=', 'includeDeleted'],
    ['sort=password', 'sort'],
    ['sort=--name', 'sort'],
    ['sort=name,host', 'sort'],
    ['sort=', 'sort'],
    [`q=${'x'.repeat(257)}`, 'q'],
    ['q=a&q=b', 'q'],
    ['q=%0A', 'q'],
    ['offset=1', 'offset'],
    ['Limit=1', 'Limit'],
    ['q[]=x', 'q[]'],
    ['__proto__=x', '__proto__'],
    ['constructor=x', 'constructor'],
    ['limit=5&unknown', 'unknown'],
  ]
  for (const [query, path] of refused) {
    const { status, headers, body } = await wire('GET', `/v1/admin/operators?${query}`)
    t.match({ status, body }, { status: 400, body: { code: 'INVALID_PAYLOAD' } }, query.slice(0, 60))
    t.match(headers.get('content-type'), /^application\/problem\+json/)
    const paths = ((body.errors ?? []) as { path: string }[]).map((each) => each.path)
    t.ok(paths.includes(path), `${path} is named in ${JSON.stringify(paths)}`)
  }
  for (const query of ['q=%00', 'q=%ff', 'q=%']) {
    t.match(
      await wire('GET', `/v1/admin/operators?${query}`),
      { status: 400, body: { code: 'INVALID_PAYLOAD' } },
      query,
    )
  }
  t.equal((await list('?limit=200')).meta.limit, 200)
  t.equal((await list(`?q=${'x'.repeat(256)}`)).meta.total, 0)
  t.ok((await list('?q=')).meta.total > 0, 'no text is no filter')
})
