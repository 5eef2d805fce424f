import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import {
  enterable,
  firstOf,
  get,
  isNative,
  kept,
  session,
  set,
  SLOW_MACHINE_MS,
  streamed,
  until,
} from '../test/bench.ts'
import { postgresFolder, removeStackData, startDevstack } from './index.ts'
import { isFree, LOOPBACK } from './ports.ts'

t.setTimeout(4 * SLOW_MACHINE_MS)

const asRoot = process.getuid?.() === 0

t.test('what a stack gives takes clients and keeps its data while it is stopped, killed and paused', async (t) => {
  const stack = await startDevstack()
  t.teardown(() => stack[Symbol.asyncDispose]())
  const { postgres: pg, redis, nats } = stack

  await t.test('PostgreSQL is 15 or newer and its owner may do everything', async (t) => {
    await using sql = session(pg.url)
    const [row] =
      await sql`select current_setting('server_version_num')::int as version, usesuper, current_database() as database
      from pg_user where usename = current_user`
    t.ok(row?.version >= 150_000)
    t.equal(row?.usesuper, true)
    t.equal(row?.database, 'postgres')
    await sql`create table kept (n int)`
    await sql`insert into kept values (7)`
  })

  await t.test('a stopped PostgreSQL refuses, and comes back on the same port with its data', async (t) => {
    await pg.stop()
    t.ok(await isFree(pg.port))
    await pg.start()
    t.same(await kept(pg.url), [{ n: 7 }])
  })

  await t.test('a killed PostgreSQL recovers what was committed, and its sessions are gone at once', async (t) => {
    await using sql = session(pg.url)
    const sleeping = t.rejects(sql`select pg_sleep(600)`.execute())
    await using watch = session(pg.url)
    t.ok(
      await until(async () => (await watch`select 1 from pg_stat_activity where wait_event = 'PgSleep'`).length === 1),
    )
    await pg.kill()
    await sleeping
    t.ok(await isFree(pg.port))
    await pg.start()
    t.same(await kept(pg.url), [{ n: 7 }])
  })

  await t.test('a paused PostgreSQL leaves open sessions without an answer until it is resumed', async (t) => {
    await using sql = session(pg.url)
    await sql`select 1`
    await pg.pause()
    const answer = sql`select n from kept`.execute()
    t.equal(await firstOf(answer, 300), 'silence')
    await pg.resume()
    t.same([...(await answer)], [{ n: 7 }])
  })

  await t.test('a paused PostgreSQL can be stopped and killed', async (t) => {
    await pg.pause()
    await pg.stop()
    await pg.start()
    await pg.pause()
    await pg.kill()
    await pg.start()
    t.same(await kept(pg.url), [{ n: 7 }])
  })

  await t.test('start and stop may be called twice', async (t) => {
    await pg.start()
    t.same(await kept(pg.url), [{ n: 7 }])
    await pg.stop()
    await pg.stop()
    await pg.kill()
    await pg.start()
    t.same(await kept(pg.url), [{ n: 7 }])
  })

  await t.test('NATS has JetStream, whose streams survive stop and kill', async (t) => {
    t.equal(await streamed(nats.url, 'first'), 1)
    await nats.stop()
    t.ok(await isFree(nats.port))
    await nats.start()
    t.equal(await streamed(nats.url, 'second'), 2)
    await nats.kill()
    await nats.start()
    t.equal(await streamed(nats.url, 'third'), 3)
    const told = (await (await fetch(`${nats.monitor ?? ''}/jsz`)).json()) as { streams: number }
    t.equal(told.streams, 1)
  })

  await t.test('Redis outside a durable stack comes back empty, as a cache does', async (t) => {
    await set(redis.url, 'ops:a', '1')
    t.equal(await get(redis.url, 'ops:a'), '1')
    await redis.kill()
    t.ok(await isFree(redis.port))
    await redis.start()
    t.equal(await get(redis.url, 'ops:a'), null)
  })

  await t.test('a paused Redis and a paused NATS do not answer either', async (t) => {
    const services = [
      [redis, (): Promise<unknown> => get(redis.url, 'x')],
      [nats, (): Promise<unknown> => streamed(nats.url, 'fourth')],
    ] as const
    for (const [service, ask] of services) {
      await service.pause()
      const answer = ask()
      t.equal(await firstOf(answer, 300), 'silence')
      await service.resume()
      t.ok((await answer) !== 'silence')
    }
  })
})

t.test('an image that cannot be had is one sentence that names it', { skip: isNative }, async (t) => {
  const before = process.env.REDIS_IMAGE
  process.env.REDIS_IMAGE = 'local/no-such-image:1'
  t.teardown(() => (before === undefined ? delete process.env.REDIS_IMAGE : (process.env.REDIS_IMAGE = before)))
  await t.rejects(startDevstack({ services: ['redis'] }), {
    name: 'DevstackUnavailable',
    message: /^No container could be made from the image local\/no-such-image:1: .* REDIS_IMAGE\.$/,
  })
})

t.test('a taken port is replaced by a free one, and that is said', async (t) => {
  const squatter = createServer().listen(0, LOOPBACK)
  await once(squatter, 'listening')
  t.teardown(() => void squatter.close())
  const taken = (squatter.address() as { port: number }).port
  const said: string[] = []
  await using stack = await startDevstack({
    services: ['redis'],
    ports: { redis: taken },
    onProgress: (line) => said.push(line),
  })
  t.not(stack.redis.port, taken)
  t.ok(said.includes(`Port ${taken} is taken, so Redis takes ${stack.redis.port}`))
  t.equal(await get(stack.redis.url, 'x'), null)
})

t.test('a free port that is wished for is taken', async (t) => {
  const squatter = createServer().listen(0, LOOPBACK)
  await once(squatter, 'listening')
  const { port } = squatter.address() as { port: number }
  squatter.close()
  await once(squatter, 'close')
  await using stack = await startDevstack({ services: ['nats'], ports: { nats: port } })
  t.equal(stack.nats.port, port)
})

t.test('a durable stack keeps everything for the next one in its folder, behind a password', async (t) => {
  const dir = join(await enterable(t), 'stack')
  t.teardown(() => removeStackData(dir))
  {
    await using stack = await startDevstack({ dir, durable: true })
    await using sql = session(stack.postgres.url)
    await sql`create table kept (n int)`
    await sql`insert into kept values (8)`
    const [settings] =
      await sql`select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`
    t.same(settings, { fsync: 'on', commit: 'on' })
    t.equal(await streamed(stack.nats.url, 'first'), 1)
    await set(stack.redis.url, 'ops:a', '1')
  }
  await using again = await startDevstack({ dir, durable: true })
  t.same(await kept(again.postgres.url), [{ n: 8 }])
  t.equal(await streamed(again.nats.url, 'second'), 2)
  t.equal(await get(again.redis.url, 'ops:a'), '1')

  const url = new URL(again.postgres.url)
  t.ok(url.password.length >= 32)
  const secret = isNative ? join(await postgresFolder(dir), 'password') : join(dir, 'postgres-password')
  t.equal((await stat(secret)).mode & 0o777, 0o600)
  url.password = 'guessed'
  await t.rejects(kept(url.href), { code: '28P01' })
})

t.test('data is removed for good', async (t) => {
  const dir = join(await enterable(t), 'stack')
  t.teardown(() => removeStackData(dir))
  {
    await using stack = await startDevstack({ dir, durable: true, services: ['nats'] })
    await streamed(stack.nats.url, 'first')
  }
  await removeStackData(dir)
  await using stack = await startDevstack({ dir, durable: true, services: ['nats'] })
  t.equal(await streamed(stack.nats.url, 'second'), 1)
})

t.test('PostgreSQL runs where its own user cannot enter the folder', { skip: !(asRoot && isNative) }, async (t) => {
  const closed = await mkdtemp(join(tmpdir(), 'oms-closed-'))
  t.teardown(() => rm(closed, { recursive: true, force: true }))
  const dir = join(closed, 'stack')
  t.teardown(() => removeStackData(dir))
  const folder = await postgresFolder(dir)
  t.ok(!folder.startsWith(closed))
  {
    await using stack = await startDevstack({ dir, durable: true, services: ['postgres'] })
    await using sql = session(stack.postgres.url)
    await sql`select 1`
    t.equal((await stat(folder)).mode & 0o777, 0o700)
  }
  await removeStackData(dir)
  t.notOk(existsSync(folder))
})
