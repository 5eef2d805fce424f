import { randomUUID } from 'node:crypto'
import type { NatsConnection } from 'nats'
import { setTimeout as sleep } from 'node:timers/promises'
import { INBOUND, OPERATORS, operatorId } from './ingestor.ts'

/** One operator in so many flaps: each of its reports turns its bind round, and so is a transition. */
const FLAPPING = 20
/** More at once, unacknowledged, would pile up between client and server. */
const CHUNK = 5_000

type BindState = 'BOUND' | 'UNBOUND'

export const isTransition = (index: number): boolean => index % FLAPPING === 0 && index >= OPERATORS

/** Of report number `index`, when some operators flap. */
export const bindOf = (index: number): BindState =>
  index % FLAPPING === 0 && Math.floor(index / OPERATORS) % 2 === 1 ? 'UNBOUND' : 'BOUND'

const encoder = new TextEncoder()

/** Report number `index` of all, operators in turn, as smpp-connector sends it. */
export function reportOf(index: number, bindState: BindState = 'BOUND'): Uint8Array {
  const report = {
    schemaVersion: '1',
    eventId: randomUUID(),
    operatorId: operatorId(index),
    at: new Date().toISOString(),
    bindState,
    errorRate: bindState === 'BOUND' ? 0.01 : 1,
    bindError: null,
    inFlight: index % 32,
    tps: 17.5,
  }
  return encoder.encode(JSON.stringify(report))
}

/** Fills the stream faster than anybody reads it; resolves when it holds them, with the sequence of the first. */
export async function publishReports(
  nats: NatsConnection,
  count: number,
  {
    bind = () => 'BOUND',
    told = () => {},
  }: Readonly<{ bind?: (index: number) => BindState; told?: (published: number) => void }> = {},
): Promise<Readonly<{ first: number; last: number }>> {
  const { streams } = await nats.jetstreamManager()
  const lastOf = async (): Promise<number> => (await streams.info(INBOUND.stream)).state.last_seq
  const first = (await lastOf()) + 1
  for (let from = 0; from < count; from += CHUNK) {
    for (let index = from; index < Math.min(from + CHUNK, count); index++)
      nats.publish(INBOUND.subject, reportOf(index, bind(index)))
    await nats.flush()
    told(from)
  }
  while ((await lastOf()) < first + count - 1) await sleep(2)
  return { first, last: first + count - 1 }
}

export type Backlog = Readonly<{
  /** Reports that the health-ingestor has not settled yet. */
  left(): Promise<number>
  /** The sequence of the last report that it was given. */
  taken(): Promise<number>
}>

export async function backlogOf(nats: NatsConnection): Promise<Backlog> {
  const { consumers } = await nats.jetstreamManager()
  const info = () => consumers.info(INBOUND.stream, INBOUND.durable)
  return {
    async left() {
      const { num_pending, num_ack_pending } = await info()
      return num_pending + num_ack_pending
    },
    taken: async () => (await info()).delivered.stream_seq,
  }
}
