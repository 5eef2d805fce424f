import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { connect as connectNats } from 'nats'
import postgres from 'postgres'
import t from 'tap'
import { chosenByEnvironment } from './environment.ts'
import { postgresFolder, removeStackData, type ServiceName, startDevstack, testStack } from './index.ts'
import { descendants, gone, identify, type ProcessIdentity } from './lifetime/processes.ts'
import { isFree, LOOPBACK } from './ports.ts'

// These run against the provider that DEVSTACK names: one contract, whichever way the services run.
const isNative = chosenByEnvironment() !== 'containers'
const asRoot = process.getuid?.() === 0
const SLOW_MACHINE_MS = 60_000
t.setTimeout(4 * SLOW_MACHINE_MS)

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

t.test('a stack that is disposed leaves no process, no port and no folder', async (t) => {
  const parent = await enterable(t)
  const before = process.env.TMPDIR
  process.env.TMPDIR = parent
  t.teardown(() => (before === undefined ? delete process.env.TMPDIR : (process.env.TMPDIR = before)))
  const stack = await startDevstack()
  const mine = below(process.pid)
  const ports = [stack.postgres.port, stack.redis.port, stack.nats.port]
  t.equal((await readdir(parent)).length, 1)
  await stack.redis.kill()
  await stack.nats.pause()
  await stack[Symbol.asyncDispose]()
  for (const one of mine) t.ok(await gone(one, 0), `${one.pid} is gone`)
  for (const port of ports) t.ok(await isFree(port), `${port} is free`)
  t.same(await readdir(parent), [])
})

t.test('a stack ends with its owner, however that ends', async (t) => {
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    await t.test(signal, async (t) => {
      const parent = await enterable(t)
      const owner = nodeProcess(['test/hold-stack.ts'], { TMPDIR: parent })
      const ports = JSON.parse(await firstLine(owner)) as number[]
      const everything = below(owner.pid ?? 0)
      t.ok(everything.length > 0)
      process.kill(owner.pid ?? 0, signal)
      for (const one of everything) t.ok(await gone(one, SLOW_MACHINE_MS), `${one.pid} is gone`)
      for (const port of ports) t.ok(await until(() => isFree(port)), `${port} is free`)
      t.ok(await until(async () => (await readdir(parent)).length === 0), 'no folder is left')
    })
  }
})

t.test(
  'containers whose owner and reaper were both killed go when the next stack starts',
  { skip: isNative },
  async (t) => {
    const owner = nodeProcess(['test/hold-stack.ts'], { TMPDIR: await enterable(t) })
    const ports = JSON.parse(await firstLine(owner)) as number[]
    const children = below(owner.pid ?? 0)
    t.ok(children.length > 0)
    for (const one of children) process.kill(one.pid, 'SIGKILL')
    owner.kill('SIGKILL')
    await once(owner, 'close')
    t.same(await Promise.all(ports.map(isFree)), [false, false, false])
    await using next = await startDevstack({ services: ['redis'] })
    t.same(await Promise.all(ports.map(isFree)), [true, true, true])
    t.equal(await get(next.redis.url, 'x'), null)
  },
)

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

t.test('a folder is for one stack at a time, and free as soon as that has ended', async (t) => {
  const dir = join(await enterable(t), 'stack')
  t.teardown(() => removeStackData(dir))
  const owner = nodeProcess(['test/hold-stack.ts', dir])
  await firstLine(owner)
  await t.rejects(startDevstack({ dir, durable: true, services: ['nats'] }), {
    name: 'DevstackUnavailable',
    message: `A stack runs in ${dir} already: stop it (process ${owner.pid}) or take another folder.`,
  })
  owner.kill('SIGKILL')
  await once(owner, 'close')
  await using next = await startDevstack({ dir, durable: true, services: ['postgres'] })
  t.same(await kept(next.postgres.url), [{ n: 9 }])
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

t.test('a command with the stack finds it, and its exit status is passed on', async (t) => {
  const show = `const s = JSON.parse(process.env.OMS_DEVSTACK); console.log(JSON.stringify(s)); process.exit(7)`
  const command = nodeProcess(['src/with-stack.ts', process.execPath, '-e', show])
  const shared = JSON.parse(await firstLine(command)) as Record<ServiceName, { url: string }> & { provider: string }
  t.equal(shared.provider, isNative ? 'native' : 'containers')
  t.match(shared.postgres.url, /^postgres:\/\/ops_owner/)
  const [code] = (await once(command, 'close')) as [number]
  t.equal(code, 7)
  t.ok(await isFree(Number(new URL(shared.postgres.url).port)))
  t.ok(await isFree(Number(new URL(shared.nats.url).port)))
})

t.test('a command within a command shares the outer stack, and so does a test', async (t) => {
  const outer = { provider: 'native', postgres: { url: 'pg' }, redis: { url: 'r' }, nats: { url: 'n' } }
  const show = 'console.log(process.env.OMS_DEVSTACK)'
  const command = nodeProcess(['src/with-stack.ts', process.execPath, '-e', show], {
    OMS_DEVSTACK: JSON.stringify(outer),
  })
  t.same(JSON.parse(await firstLine(command)), outer)

  const before = process.env.OMS_DEVSTACK
  process.env.OMS_DEVSTACK = JSON.stringify(outer)
  t.teardown(() => (before === undefined ? delete process.env.OMS_DEVSTACK : (process.env.OMS_DEVSTACK = before)))
  t.same(await testStack(t, ['redis']), outer)
})

t.test('a command that cannot be run and a missing one are errors of their own', async (t) => {
  const OMS_DEVSTACK = '{}'
  const codeOf = async (...args: string[]) =>
    (await once(nodeProcess(args, { OMS_DEVSTACK }, 'ignore'), 'close')) as [number]
  t.same(await codeOf('src/with-stack.ts', 'no-such-command'), [127, null])
  t.same(await codeOf('src/with-stack.ts'), [64, null])
  t.same(await codeOf('src/with-stack.ts', 'sh', '-c', 'kill -9 $$'), [137, null])
})

t.test('a signal to the command with the stack reaches the command, and everything ends', async (t) => {
  const wait = `process.on('SIGTERM', () => process.exit(9)); console.log('ready'); setInterval(() => {}, 1000)`
  const command = nodeProcess(['src/with-stack.ts', process.execPath, '-e', wait])
  t.equal(await firstLine(command), 'ready')
  const everything = below(command.pid ?? 0)
  command.kill('SIGTERM')
  const [code] = (await once(command, 'close')) as [number]
  t.equal(code, 9)
  for (const one of everything) t.ok(await gone(one, SLOW_MACHINE_MS))
})

t.test('a test without a shared stack gets its own one until it ends', async (t) => {
  const before = process.env.OMS_DEVSTACK
  delete process.env.OMS_DEVSTACK
  t.teardown(() => before !== undefined && (process.env.OMS_DEVSTACK = before))
  let url = ''
  await t.test('inside', async (t) => {
    const { redis } = await testStack(t, ['redis'])
    url = redis.url
    await set(url, 'x', '1')
  })
  t.ok(await isFree(Number(new URL(url).port)))
})

function session(url: string) {
  const sql = postgres(url, { max: 1, connect_timeout: 60, onnotice: () => undefined })
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) })
}

async function kept(url: string): Promise<unknown> {
  await using sql = session(url)
  return [...(await sql`select n from kept`)]
}

async function streamed(url: string, text: string): Promise<number> {
  const connection = await connectNats({ servers: url, timeout: SLOW_MACHINE_MS })
  try {
    const manager = await connection.jetstreamManager()
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'] })
    return (await connection.jetstream().publish('kept', text)).seq
  } finally {
    await connection.close()
  }
}

async function set(url: string, key: string, value: string): Promise<void> {
  const client = new Redis(url)
  await client.set(key, value)
  client.disconnect()
}

async function get(url: string, key: string): Promise<string | null> {
  const client = new Redis(url)
  const value = await client.get(key)
  client.disconnect()
  return value
}

async function firstOf<T>(answer: Promise<T>, ms: number): Promise<T | 'silence'> {
  return Promise.race([answer, sleep(ms, 'silence' as const)])
}

async function until(condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + SLOW_MACHINE_MS
  while (!(await condition())) {
    if (Date.now() > deadline) return false
    await sleep(20)
  }
  return true
}

function below(pid: number): ProcessIdentity[] {
  const root = identify(pid)
  return root ? descendants(root) : []
}

function nodeProcess(
  args: string[],
  environment: NodeJS.ProcessEnv = {},
  stderr: 'ignore' | 'inherit' = 'inherit',
): ChildProcess {
  const { OMS_DEVSTACK: _, ...inherited } = process.env
  return spawn(process.execPath, ['--conditions=@oms/source', ...args], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', stderr],
    env: { ...inherited, ...environment },
  })
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the child has no output to read')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return line
}

// PostgreSQL's own user has to get in, and mkdtemp shuts everybody else out.
async function enterable(t: { teardown(end: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oms-test-'))
  await chmod(folder, 0o711)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
