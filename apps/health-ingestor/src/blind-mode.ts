import { decodeHealthReport, type InboundMessage, type Tail } from '@oms/adapters/nats'
import type { FoldedReports, HealthReport, ShadowHealth } from '@oms/domain'

export type BlindModePorts = Readonly<{
  shadow: ShadowHealth
  /** Reads the stream beside the durable consumer, from `from` on. */
  tail(from: Date, onBatch: (messages: readonly InboundMessage[]) => Promise<void>): Tail
  onChange(blind: boolean): void
}>

export type BlindMode = AsyncDisposable &
  Readonly<{
    recorded(folded: FoldedReports): void
    unrecorded(reports: readonly HealthReport[]): void
  }>

/**
 * While nothing can be recorded, reads on beside the consumer that waits and keeps the keys of reporting operators
 * fresh; ends with the first batch that is recorded again.
 */
export function createBlindMode({ shadow, tail, onChange }: BlindModePorts): BlindMode {
  let reading: Tail | undefined
  let stopping: Promise<void> = Promise.resolve()

  function stop(): void {
    if (reading === undefined) return
    stopping = reading.stop()
    reading = undefined
    onChange(false)
  }

  return {
    recorded(folded) {
      shadow.learn(folded.states)
      stop()
    },
    unrecorded(reports) {
      if (reading !== undefined || reports.length === 0) return
      const oldest = Math.min(...reports.map(({ receivedAt }) => receivedAt))
      reading = tail(new Date(oldest / 1_000), (messages) => shadow.absorb(reportsOf(messages)))
      onChange(true)
    },
    async [Symbol.asyncDispose]() {
      stop()
      await stopping
    },
  }
}

const reportsOf = (messages: readonly InboundMessage[]): readonly HealthReport[] =>
  messages.map(decodeHealthReport).flatMap((report) => ('undecodable' in report ? [] : [report]))
