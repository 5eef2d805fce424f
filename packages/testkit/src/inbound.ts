import { randomUUID } from 'node:crypto'
import { type JetStreamClient, JSONCodec } from 'nats'

/** What a test says of a report; the rest is a healthy bind, now. */
export type Report = Readonly<{
  operatorId: string
  at?: string
  bindState?: 'BOUND' | 'UNBOUND'
  errorRate?: number
  bindError?: string | null
}>

/** Publishes a report as smpp-connector does; resolves with its sequence once the stream has it. */
export async function publishReport(jetstream: JetStreamClient, report: Report): Promise<number> {
  const body = {
    schemaVersion: '1',
    eventId: randomUUID(),
    at: new Date().toISOString(),
    bindState: 'BOUND',
    errorRate: 0,
    ...report,
  }
  const { seq } = await jetstream.publish('operator.health.inbound.v1', JSONCodec().encode(body))
  return seq
}
