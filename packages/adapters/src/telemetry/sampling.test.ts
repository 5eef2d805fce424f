import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { currentTraceparent, openTrace, startTracing, withSpan } from './index.ts'

const CALLERS = 400
const idIn = (traceparent: string | undefined) => traceparent?.split('-')[1] ?? ''
const isFlagged = (traceparent: string | undefined) => traceparent?.endsWith('-01') === true

t.test(
  'a share of the traces that begin here is recorded, whole; where a caller began one, the caller decides',
  async (t) => {
    const bodies: string[] = []
    const receiver = createServer((request, response) => {
      void text(request).then((body) => {
        bodies.push(body)
        response.end('{}')
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    t.teardown(() => void receiver.close())
    const tracing = await startTracing({
      app: 'admin-api',
      version: 'test',
      endpoint: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
      sampledShare: 0.5,
      onError: (error) => t.fail('spans were not sent', { error }),
    })
    /** What is stored before there is a span, and what is sent from within. */
    const placesBelow = (caller?: string) =>
      openTrace(caller).run(async () => [
        currentTraceparent(),
        await withSpan('ops.admin.getOperator', {}, async () => currentTraceparent()),
      ])
    const begun = await Promise.all(Array.from({ length: CALLERS }, () => placesBelow()))
    const [yes] = await placesBelow('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')
    const [no] = await placesBelow('00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00')
    await tracing[Symbol.asyncDispose]()

    const sent = new Set([...bodies.join().matchAll(/"traceId":"(\w+)"/g)].map(([, id]) => id))
    for (const [before, within] of begun) {
      t.equal(before, within)
      t.equal(sent.has(idIn(before)), isFlagged(before), 'it says of itself whether it is recorded')
    }
    const share = begun.filter(([place]) => isFlagged(place)).length / CALLERS
    t.ok(share > 0.3 && share < 0.7, `${share} of them`)
    t.ok(isFlagged(yes) && sent.has(idIn(yes)))
    t.notOk(isFlagged(no) || sent.has(idIn(no)))
  },
)
