import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { currentTrace, openTrace, startTracing, withSpan } from './index.ts'

t.test('spans that nobody takes are told of outside of their trace, at the end of the process too', async (t) => {
  let refuses = true
  const receiver = createServer((_request, response) => {
    if (refuses) response.writeHead(400).end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    receiver.close()
    receiver.closeAllConnections()
  })
  const told: unknown[] = []
  const refused = Promise.withResolvers<void>()
  const { port } = receiver.address() as AddressInfo
  const tracing = await startTracing({
    app: 'admin-api',
    version: 'test',
    sampledShare: 1,
    endpoint: `http://127.0.0.1:${port}`,
    onError(error) {
      told.push({ error, trace: currentTrace() })
      refused.resolve()
    },
  })
  const spanned = () => openTrace(undefined).run(() => withSpan('ops.admin.getOperator', {}, async () => 1))

  await spanned()
  await refused.promise
  t.match(told, [{ error: { code: 400 }, trace: undefined }])
  refuses = false
  await spanned()
  await tracing[Symbol.asyncDispose]()
  t.match(told[1], { error: { message: 'the last spans were not taken within 2000 ms' }, trace: undefined })
  t.equal(told.length, 2)
})
