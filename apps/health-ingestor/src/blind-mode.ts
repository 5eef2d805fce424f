import type { FoldedReports, HealthReport, ShadowHealth } from '@oms/domain'
import type { InboundMessage, IngestorAdapters, Tail } from './compose.ts'

export type BlindModePorts = Readonly<{
  shadow: ShadowHealth
  decode: IngestorAdapters['decode']
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
export function createBlindMode({ shadow, decode, tail, onChange }: BlindModePorts): BlindMode {
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
      shadow.forget(folded.unknown.map(({ operatorId }) => operatorId))
      stop()
    },
    unrecorded(reports) {
      if (reading !== undefined || reports.length === 0) return
      const oldest = Math.min(...reports.map(({ receivedAt }) => receivedAt))
      reading = tail(new Date(oldest / 1_000), (messages) => shadow.absorb(reportsOf(messages, decode)))
      onChange(true)
    },
    async [Symbol.asyncDispose]() {
      stop()
      await stopping
    },
  }
}

const reportsOf = (messages: readonly InboundMessage[], decode: IngestorAdapters['decode']): readonly HealthReport[] =>
  messages.map(decode).flatMap((report) => ('undecodable' in report ? [] : [report]))
