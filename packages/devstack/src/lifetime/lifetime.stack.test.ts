import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import {
  below,
  enterable,
  firstLine,
  get,
  isNative,
  kept,
  nodeProcess,
  SLOW_MACHINE_MS,
  until,
} from '../../test/bench.ts'
import { removeStackData, startDevstack } from '../index.ts'
import { gone } from './processes.ts'
import { isFree } from '../ports.ts'

t.setTimeout(4 * SLOW_MACHINE_MS)

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
    // Left behind now, unless a stack that another test file starts at this moment has swept them already.
    const left = (await Promise.all(ports.map(isFree))).filter((free) => !free)
    t.comment(`${left.length} of ${ports.length} containers were left`)
    await using next = await startDevstack({ services: ['redis'] })
    t.same(await Promise.all(ports.map(isFree)), [true, true, true])
    t.equal(await get(next.redis.url, 'x'), null)
  },
)

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
