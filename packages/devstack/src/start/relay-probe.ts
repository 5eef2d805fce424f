import { connect } from 'nats'
import { setTimeout as sleep } from 'node:timers/promises'

const WITHIN_MS = 30_000
/** What the relay and the ingestor make before they do anything else. */
const STREAMS = ['OPERATOR_CONFIG', 'OPERATOR_HEALTH', 'OPERATOR_HEALTH_INBOUND', 'OPS_DEADLETTER']

/** Resolves when the streams are there, so that a first event finds its place. Rejects after 30 s. */
export async function untilRelayWorks(natsUrl: string): Promise<void> {
  const nats = await connect({ servers: natsUrl })
  try {
    const manager = await nats.jetstreamManager()
    const deadline = Date.now() + WITHIN_MS
    for (;;) {
      const names = await manager.streams.names().next()
      if (STREAMS.every((name) => names.includes(name))) return
      if (Date.now() > deadline) throw new Error('the streams were not made: see the logs of admin-api')
      await sleep(50)
    }
  } finally {
    await nats.close()
  }
}
