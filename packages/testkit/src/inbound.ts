import { randomUUID } from 'node:crypto'
import { headers, type JetStreamClient, JSONCodec } from 'nats'

/** What a test says of a report; the rest is a healthy bind, now. */
export type Report = Readonly<{
  operatorId: string
  at?: string
  bindState?: 'BOUND' | 'UNBOUND'
  errorRate?: number
  bindError?: string | null
  /** Sent as its header. */
  traceparent?: string
}>

/** A report as the stream holds it; `receivedAt` in microseconds since 1970. */
export type StoredReport = Required<Omit<Report, 'bindError' | 'traceparent'>> &
  Readonly<{ sequence: number; receivedAt: number }>

const INBOUND = { stream: 'OPERATOR_HEALTH_INBOUND', subject: 'operator.health.inbound.v1' }
const codec = JSONCodec()

/** Publishes a report as smpp-connector does; resolves with its sequence once the stream has it. */
export async function publishReport(jetstream: JetStreamClient, { traceparent, ...report }: Report): Promise<number> {
  const body = {
    schemaVersion: '1',
    eventId: randomUUID(),
    at: new Date().toISOString(),
    bindState: 'BOUND',
    errorRate: 0,
    ...report,
  }
  const carrier = headers()
  if (traceparent !== undefined) carrier.set('traceparent', traceparent)
  const { seq } = await jetstream.publish(INBOUND.subject, codec.encode(body), { timeout: 10_000, headers: carrier })
  return seq
}

/** Publishes what need not be a report. */
export async function publishInbound(jetstream: JetStreamClient, data: Uint8Array | string): Promise<number> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const { seq } = await jetstream.publish(INBOUND.subject, bytes, { timeout: 10_000 })
  return seq
}

/** Every report that was ever published, in the stream's order; what is no JSON is left out. */
export async function storedReports(jetstream: JetStreamClient): Promise<readonly StoredReport[]> {
  const { state } = await (await jetstream.jetstreamManager()).streams.info(INBOUND.stream)
  const reports: StoredReport[] = []
  if (state.messages === 0) return reports
  const consumer = await jetstream.consumers.get(INBOUND.stream)
  const messages = await consumer.fetch({ max_messages: state.messages, expires: 30_000 })
  for await (const { data, seq, info } of messages) {
    const body = decoded(data)
    if (body !== undefined)
      reports.push({ ...body, sequence: seq, receivedAt: Math.trunc(info.timestampNanos / 1_000) })
  }
  return reports
}

/** How many reports the service has not settled yet. */
export async function unsettledReports(jetstream: JetStreamClient): Promise<number> {
  const manager = await jetstream.jetstreamManager()
  const { num_pending, num_ack_pending } = await manager.consumers.info(INBOUND.stream, 'ops-health-consumer')
  return num_pending + num_ack_pending
}

function decoded(data: Uint8Array): Required<Omit<Report, 'bindError' | 'traceparent'>> | undefined {
  try {
    return codec.decode(data) as Required<Omit<Report, 'bindError' | 'traceparent'>>
  } catch {
    return undefined
  }
}
