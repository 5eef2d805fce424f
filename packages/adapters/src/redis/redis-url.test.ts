import t from 'tap'
import { Secret } from '@oms/domain'
import { Cluster, Redis } from 'ioredis'
import { createClient } from './client.ts'
import { parseRedisUrl } from './redis-url.ts'

t.test('a URL says where the keys live', async (t) => {
  t.same(parseRedisUrl('redis://cache.example.net'), {
    kind: 'server',
    node: { host: 'cache.example.net', port: 6379 },
    db: 0,
    tls: false,
  })
  t.same(parseRedisUrl('rediss://ops:p%40ss@[2001:db8::7]:6380/3'), {
    kind: 'server',
    node: { host: '2001:db8::7', port: 6380 },
    db: 3,
    tls: true,
    username: 'ops',
    password: 'p@ss',
  })
  t.same(parseRedisUrl('redis://:only-a-password@127.0.0.1:6379/').password, 'only-a-password')
  t.same(parseRedisUrl('redis+sentinel://s1,s2:26380/main/2'), {
    kind: 'sentinel',
    sentinels: [
      { host: 's1', port: 26379 },
      { host: 's2', port: 26380 },
    ],
    name: 'main',
    db: 2,
  })
  t.same(parseRedisUrl('redis+cluster://ops@n1,n2:7001,[::1]:7002'), {
    kind: 'cluster',
    nodes: [
      { host: 'n1', port: 6379 },
      { host: 'n2', port: 7001 },
      { host: '::1', port: 7002 },
    ],
    username: 'ops',
  })
})

t.test('a URL that means nothing is refused without being quoted', async (t) => {
  const broken = [
    'http://cache',
    'redis://',
    'redis://ops:hunter2@',
    'redis://ops:hunter2@a,b',
    'redis://ops:hunter2@a:0',
    'redis://ops:hunter2@a:70000',
    'redis://ops:hunter2@a/first',
    'redis://ops:%zz-hunter2@a',
    'redis+sentinel://ops:hunter2@s1,s2',
    'redis+cluster://ops:hunter2@n1/1',
  ]
  for (const url of broken) {
    try {
      parseRedisUrl(url)
      t.fail(`${url} was taken`)
    } catch (error) {
      t.ok(error instanceof TypeError, url)
      t.notMatch(String(error), /hunter2/)
    }
  }
})

t.test('each kind of URL makes its kind of client, with the password that came apart', async (t) => {
  const secret = new Secret('from-a-file')
  const closed = <T extends Redis | Cluster>(client: T): T => {
    client.on('error', () => {})
    client.disconnect()
    return client
  }

  const plain = closed(createClient(parseRedisUrl('redis://u:from-the-url@127.0.0.1:1/4'), secret)) as Redis
  t.ok(plain instanceof Redis)
  t.match(plain.options, { host: '127.0.0.1', port: 1, db: 4, username: 'u', password: 'from-a-file' })
  t.equal(plain.options.tls, undefined)

  const named = closed(createClient(parseRedisUrl('rediss://localhost:1'), undefined)) as Redis
  t.same(named.options.tls, { servername: 'localhost' })
  const address = closed(createClient(parseRedisUrl('rediss://127.0.0.1:1'), undefined)) as Redis
  t.same(address.options.tls, {})

  const sentinel = closed(createClient(parseRedisUrl('redis+sentinel://127.0.0.1:1,127.0.0.1:2/main'), secret)) as Redis
  t.match(sentinel.options, {
    sentinels: [{ port: 1 }, { port: 2 }],
    name: 'main',
    password: 'from-a-file',
    enableOfflineQueue: false,
  })

  const cluster = closed(createClient(parseRedisUrl('redis+cluster://127.0.0.1:1,127.0.0.1:2'), secret))
  t.ok(cluster instanceof Cluster)
  t.match(cluster.options, {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    redisOptions: { password: 'from-a-file', commandTimeout: 500 },
  })
})

t.test('whatever the attempt, the next one comes within half a second', async (t) => {
  const client = createClient(parseRedisUrl('redis://127.0.0.1:1'), undefined) as Redis
  client.on('error', () => {})
  client.disconnect()
  for (const attempt of [1, 2, 10, 1_000, 1_000_000]) {
    const delay = client.options.retryStrategy?.(attempt)
    t.ok(typeof delay === 'number' && delay > 0 && delay <= 500, `attempt ${attempt}: ${delay}`)
  }
})
