import { once } from 'node:events'
import t from 'tap'
import { below, firstLine, isNative, nodeProcess, set, SLOW_MACHINE_MS } from '../test/bench.ts'
import { type ServiceName, testStack } from './index.ts'
import { gone } from './lifetime/processes.ts'
import { isFree } from './ports.ts'

t.setTimeout(4 * SLOW_MACHINE_MS)

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
