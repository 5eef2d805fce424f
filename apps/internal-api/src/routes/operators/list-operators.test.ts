import { createServer } from '@oms/adapters/http'
import { createLogger, createMetrics, openTrace } from '@oms/adapters/telemetry'
import type { DirectoryEntry, OperatorDirectory } from '@oms/domain'
import { memoryPorts } from '@oms/domain/memory'
import { once } from 'node:events'
import { request } from 'node:http'
import t, { type Test } from 'tap'
import { createObserve } from '../../observe.ts'
import { listOperatorsRoute } from './list-operators.ts'

/** Serves the snapshot of `stream`; `told` is the line of the use case. */
async function serving(t: Test, stream: OperatorDirectory['stream']) {
  const directory: OperatorDirectory = { find: async () => undefined, configurationTag: async () => '1', stream }
  const told = Promise.withResolvers<unknown>()
  const write = (line: string) => line.includes('"use case"') && told.resolve(JSON.parse(line))
  const log = createLogger({ level: 'info', app: 'internal-api', destination: { write } })
  const metrics = createMetrics({ app: 'internal-api', version: 'test' })
  const app = createServer({ log, metrics, openTrace })
  const observe = createObserve(metrics)
  listOperatorsRoute(app, { ...memoryPorts(), directory, observe, credentialsPath: () => '' })
  t.teardown(() => app.close())
  return { app, told: told.promise }
}

t.test('a caller who leaves before the snapshot begins leaves no reader of it behind', async (t) => {
  const asked = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const { app, told } = await serving(t, async function* () {
    try {
      asked.resolve()
      await gone.promise
      yield {} as DirectoryEntry
    } finally {
      ended.resolve()
    }
  })
  app.addHook('onRequestAbort', async (_request) => gone.resolve())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })

  const call = request(`${url}/operators`).end()
  const failed = once(call, 'error')
  await asked.promise
  call.destroy(new Error('the caller leaves'))
  await failed
  await ended.promise
  t.match(await told, { action: 'listOperators', result: 'aborted' })
})

t.test('a snapshot that fails after it has begun is an error in its line', async (t) => {
  const { app, told } = await serving(t, async function* () {
    yield {} as DirectoryEntry
    throw new Error('the database went away')
  })
  await app.inject('/operators').catch(() => undefined)
  t.match(await told, { level: 'info', action: 'listOperators', result: 'error' })
})

t.test('one that cannot begin is a problem, and told once', async (t) => {
  const { app, told } = await serving(t, () => {
    throw new Error('the database is away')
  })
  t.equal((await app.inject('/operators')).statusCode, 500)
  t.match(await told, { action: 'listOperators', result: 'error' })
})
