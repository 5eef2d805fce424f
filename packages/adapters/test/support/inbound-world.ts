import { startDevstack } from '@oms/devstack'
import { connect, type JetStreamManager, type NatsConnection } from 'nats'
import { type InboundMessage, INGESTOR_STREAMS, manageStreams, openNats } from '../../src/nats/index.ts'
import { until } from './until.ts'

export const SUBJECT = 'operator.health.inbound.v1'
export const STREAM = 'OPERATOR_HEALTH_INBOUND'
export const DURABLE = 'ops-health-consumer'

type Scope = { teardown(end: () => PromiseLike<unknown>): void }

/** A server of its own for each test, for most of them break it. */
export async function world(t: Scope) {
  const stack = await startDevstack({ services: ['nats'] })
  const server = stack.nats
  const raw = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  const nats = openNats({ servers: [server.url], name: 'test' })
  const streams = manageStreams(nats, INGESTOR_STREAMS, { manage: true, replicas: 1 })
  t.teardown(async () => {
    await streams[Symbol.asyncDispose]()
    await nats[Symbol.asyncDispose]()
    await raw.close()
    await stack[Symbol.asyncDispose]()
  })
  await until(() => streams.ready())
  return { server, nats, raw, streams, admin: await raw.jetstreamManager({ timeout: 2_000 }) }
}

export const text = ({ data }: InboundMessage) => new TextDecoder().decode(data)

/** Published again, with its id, until the server has it. */
export async function send(raw: NatsConnection, ...payloads: string[]): Promise<void> {
  for (const payload of payloads) {
    let stored = false
    await until(async () => {
      const options = { msgID: payload, timeout: 1_000 }
      stored ||= await raw
        .jetstream()
        .publish(SUBJECT, payload, options)
        .then(
          () => true,
          () => false,
        )
      return stored
    })
  }
}

export const settled = (admin: JetStreamManager) => async () => {
  const info = await admin.consumers.info(STREAM, DURABLE).catch(() => undefined)
  return info?.num_pending === 0 && info.num_ack_pending === 0
}

export const range = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `m${n + from}`)
