import { createServer } from '@oms/adapters/http'
import { createLogger, createMetrics, openTrace } from '@oms/adapters/telemetry'
import type { DirectoryEntry, OperatorDirectory } from '@oms/domain'
import { memoryPorts } from '@oms/domain/memory'
import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { createObserve } from '../../observe.ts'
import { listOperatorsRoute } from './list-operators.ts'

t.test('a caller who leaves before the snapshot begins leaves no reader of it behind', async (t) => {
  const asked = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const directory: OperatorDirectory = {
    find: async () => undefined,
    configurationTag: async () => '1',
    async *stream(): AsyncGenerator<DirectoryEntry> {
      try {
        asked.resolve()
        await gone.promise
        yield {} as DirectoryEntry
      } finally {
        ended.resolve()
      }
    },
  }
  const metrics = createMetrics({ app: 'internal-api', version: 'test' })
  const log = createLogger({ level: 'silent', app: 'internal-api' })
  const app = createServer({ log, metrics, openTrace })
  app.addHook('onRequestAbort', async (_request) => gone.resolve())
  listOperatorsRoute(app, { ...memoryPorts(), directory, observe: createObserve(metrics), credentialsPath: () => '' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())

  const call = request(`${url}/operators`).end()
  const failed = once(call, 'error')
  await asked.promise
  call.destroy(new Error('the caller leaves'))
  await failed
  await ended.promise
})
