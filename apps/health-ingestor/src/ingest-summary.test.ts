import { createLogger } from '@oms/adapters/telemetry'
import type { FoldedReports } from '@oms/domain'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { InboundMessage } from './compose.ts'
import { summariseIngest } from './ingest-summary.ts'

const folded = (counts: Partial<Record<'accepted' | 'redelivered' | 'replayed' | 'collapsed', number>>) =>
  ({
    ...{ states: [], confirmed: [], transitions: [], unknown: [] },
    ...{ accepted: 0, redelivered: 0, replayed: 0, collapsed: 0, ...counts },
  }) satisfies FoldedReports
const batch: readonly InboundMessage[] = []

function summarised(everyMs?: number) {
  const written = new PassThrough({ encoding: 'utf8' })
  const log = createLogger({ level: 'info', app: 'health-ingestor', destination: written })
  const lines = () => {
    const text = (written.read() ?? '') as string
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  }
  return { written, lines, summary: summariseIngest(log, everyMs) }
}

t.test('all batches of a while are one line, with the slowest of them and those that come again', async (t) => {
  const { summary, lines } = summarised()
  const intake = summary.timed(async () => {
    summary.recorded(folded({ accepted: 3, redelivered: 1, replayed: 1 }))
    return ['ack']
  })
  t.same(await intake(batch), ['ack'])
  await intake(batch)
  summary.undecodable()
  const failure = new Error('PostgreSQL is away')
  await t.rejects(summary.timed(() => Promise.reject(failure))(batch), failure)
  t.same(lines(), [], 'nothing at once')
  summary[Symbol.dispose]()
  const told = lines()
  t.equal(told.length, 1)
  t.match(told[0], {
    level: 'info',
    msg: 'health reports taken in',
    action: 'ingestHealthEvent',
    batches: 3,
    failed: 1,
    reports: 11,
    accepted: 6,
    ignored: 5,
    transitions: 0,
    result: 'error',
    durationMs: Number,
    traceId: /^[0-9a-f]{32}$/,
  })
})

t.test('the line comes by itself, begins anew, and without a batch there is none', async (t) => {
  // The summary keeps no process alive.
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  const { summary, lines, written } = summarised(1)
  await summary.timed(async () => [])(batch)
  await once(written, 'readable')
  t.match(lines(), [{ batches: 1, failed: 0, result: 'ok' }])
  summary[Symbol.dispose]()
  t.same(lines(), [])
  const idle = summarised(1)
  idle.summary[Symbol.dispose]()
  t.same(idle.lines(), [])
})
