import { expectStatus, until } from '../clients/index.ts'
import type { Tools } from '../tour/open-tour.ts'
import { type Figure, figure } from './percentiles.ts'

const CHANGES = 400
const STREAM = 'OPERATOR_CONFIG'

/**
 * From the insert of an event, a moment before its COMMIT, to its place in the stream: the two servers' own times, which
 * are one clock on one machine.
 */
export async function measureEvents({ admin, events, sql }: Tools, operatorIds: readonly string[]): Promise<Figure> {
  const manager = await events.nats.jetstreamManager()
  const first = (await manager.streams.info(STREAM)).state.last_seq + 1
  for (let change = 0; change < CHANGES; change++) {
    const operatorId = operatorIds[change % operatorIds.length] ?? ''
    expectStatus(await admin('PATCH', `/operators/${operatorId}`, { port: 3000 + change }), 200)
  }
  await until('the last event', async () =>
    (await manager.streams.info(STREAM)).state.last_seq >= first + CHANGES - 1 ? true : undefined,
  )
  const stored = await Promise.all(
    Array.from({ length: CHANGES }, (_, index) => manager.streams.getMessage(STREAM, { seq: first + index })),
  )
  const storedAt = new Map(stored.map((message) => [message.header.get('Nats-Msg-Id'), message.time.getTime()]))
  const rows = await sql<{ eventId: string; committedMs: number }[]>`
    SELECT event_id AS "eventId", (extract(epoch FROM created_at) * 1000)::double precision AS "committedMs"
    FROM ops.outbox WHERE event_id::text = ANY(${[...storedAt.keys()]})`
  return figure(
    'committed change → event in the stream',
    rows.map(({ eventId, committedMs }) => Math.max(0, (storedAt.get(eventId) ?? 0) - committedMs)),
  )
}
