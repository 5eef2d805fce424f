import { connect } from 'nats'
import { setTimeout as sleep } from 'node:timers/promises'

const WITHIN_MS = 30_000
/** What the relay and the ingestor make before they do anything else. */
const STREAMS = ['OPERATOR_CONFIG', 'OPERATOR_HEALTH', 'OPERATOR_HEALTH_INBOUND', 'OPS_DEADLETTER']

/** Resolves when the streams are there and a relay is at work. Rejects after 30 s. */
export async function untilRelayWorks(natsUrl: string, relays: readonly string[]): Promise<void> {
  const nats = await connect({ servers: natsUrl })
  try {
    const manager = await nats.jetstreamManager()
    const deadline = Date.now() + WITHIN_MS
    for (;;) {
      const names = await manager.streams.names().next()
      if (STREAMS.every((name) => names.includes(name)) && (await someLeads(relays))) return
      if (Date.now() > deadline) throw new Error('no relay is at work: see the logs of admin-api')
      await sleep(50)
    }
  } finally {
    await nats.close()
  }
}

/** Whether one of the processes says in its metrics that it holds the relay's lease. */
async function someLeads(managementUrls: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(
    managementUrls.map((url) =>
      fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) }).then(
        (answer) => answer.text(),
        () => '',
      ),
    ),
  )
  return texts.some((text) => /^ops_relay_leader 1$/m.test(text))
}
