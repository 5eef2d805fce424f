import type { Logger } from '@oms/adapters/telemetry'
import type { FoldedReports } from '@oms/domain'
import type { InboundMessage, Settlement } from './compose.ts'

type OnBatch = (messages: readonly InboundMessage[], recorded?: () => void) => Promise<Settlement[]>

const EVERY_MS = 10_000

const nothing = () => ({ batches: 0, failed: 0, accepted: 0, ignored: 0, transitions: 0, slowestMs: 0 })

/**
 * One line for all batches of ten seconds, none without any: batches come by the hundred each second, and what is told of
 * one operator is its transition. Disposing tells the rest.
 */
export function summariseIngest(log: Pick<Logger, 'info'>, everyMs = EVERY_MS) {
  let sum = nothing()

  function tell(): void {
    const { batches, failed, accepted, ignored, transitions, slowestMs } = sum
    if (batches === 0) return
    sum = nothing()
    const reports = accepted + ignored
    const durationMs = Math.round(slowestMs * 10) / 10
    const result = failed === 0 ? 'ok' : 'error'
    const facts = { batches, failed, reports, accepted, ignored, transitions, result, durationMs }
    log.info({ action: 'ingestHealthEvent', ...facts }, 'health reports taken in')
  }

  const ticking = setInterval(tell, everyMs).unref()
  return {
    recorded({ accepted, redelivered, replayed, unknown, transitions }: FoldedReports): void {
      sum.accepted += accepted
      sum.ignored += redelivered + replayed + unknown.length
      sum.transitions += transitions.length
    },
    undecodable(): void {
      sum.ignored += 1
    },
    /** The same intake, each batch of which is counted and timed. */
    timed:
      (intake: OnBatch): OnBatch =>
      async (messages, recorded) => {
        const since = performance.now()
        let failed = 1
        try {
          const settled = await intake(messages, recorded)
          failed = 0
          return settled
        } finally {
          sum.batches += 1
          sum.failed += failed
          sum.slowestMs = Math.max(sum.slowestMs, performance.now() - since)
        }
      },
    [Symbol.dispose](): void {
      clearInterval(ticking)
      tell()
    },
  }
}
