import {
  type DeadLetters,
  type FoldedReports,
  type HealthReport,
  type IngestHealthEventPorts,
  ingestHealthEvent,
} from '@oms/domain'
import type { InboundMessage, IngestorAdapters, Settlement } from './compose.ts'
import { traceIngest } from './trace-ingest.ts'

export type IngestPorts = Omit<IngestHealthEventPorts, 'traceparentOf'> &
  Pick<IngestorAdapters, 'decode' | 'letterText'> &
  Readonly<{
    deadLetters: DeadLetters
    /** Told of each batch in the order of their transactions, at its COMMIT. */
    onCommit(folded: FoldedReports): void
    /** Told of each recorded batch when its keys are written, and where in a trace its events are. */
    onRecorded(folded: FoldedReports, traceparentOf: IngestHealthEventPorts['traceparentOf']): void
    /** Told of each whose letter is stored; until then it comes again. */
    onUndecodable(message: InboundMessage, reason: string): void
    /** Told when a batch cannot be recorded now; its reports come again. */
    onUnrecorded(reports: readonly HealthReport[], error: unknown): void
    onDeadLetter(reason: 'UNDECODABLE' | 'UNKNOWN_OPERATOR'): void
  }>

type Decoded = Readonly<{ message: InboundMessage; report?: HealthReport; undecodable?: string }>

const RETRY_MS = 5_000
const HOUR_MS = 3_600_000

/**
 * What to do with each message of a batch: recorded or outdated → ack; never decodable → dead letter, then term; of an
 * operator that is not there → one dead letter per operator and hour, then ack. Rejects, so that the whole batch comes
 * again, when it cannot be recorded. `recorded` is called at COMMIT.
 */
export function createIngest(
  ports: IngestPorts,
): (messages: readonly InboundMessage[], recorded?: () => void) => Promise<Settlement[]> {
  const oncePerOperator = oncePerHour()

  function decoded(message: InboundMessage): Decoded {
    const result = ports.decode(message)
    return 'undecodable' in result ? { message, undecodable: result.undecodable } : { message, report: result }
  }

  async function record(reports: readonly HealthReport[], recorded: () => void): Promise<ReadonlySet<HealthReport>> {
    if (reports.length === 0) return new Set()
    try {
      const folded = await traceIngest(reports, async (traceparentOf) => {
        const taken = await ingestHealthEvent({ ...ports, traceparentOf }, reports, (committed) => {
          ports.onCommit(committed)
          recorded()
        })
        ports.onRecorded(taken, traceparentOf)
        return taken
      })
      return new Set(folded.unknown)
    } catch (error) {
      ports.onUnrecorded(reports, error)
      throw error
    }
  }

  async function complain({ message, report, undecodable = '' }: Decoded): Promise<void> {
    const { subject, streamSequence, data } = message
    const letter = { subject, streamSequence, payload: ports.letterText(data) }
    if (report === undefined) {
      await ports.deadLetters.publish({ ...letter, reason: 'UNDECODABLE' })
      ports.onUndecodable(message, undecodable)
      ports.onDeadLetter('UNDECODABLE')
    } else {
      const { operatorId } = report
      await oncePerOperator(operatorId, async () => {
        await ports.deadLetters.publish({ ...letter, reason: 'UNKNOWN_OPERATOR', operatorId })
        ports.onDeadLetter('UNKNOWN_OPERATOR')
      })
    }
  }

  async function settlement(one: Decoded, unknown: ReadonlySet<HealthReport>): Promise<Settlement> {
    const { report } = one
    if (report !== undefined && !unknown.has(report)) return 'ack'
    try {
      await complain(one)
      return report === undefined ? 'term' : 'ack'
    } catch (error) {
      // The letter must be stored before its message may go.
      ports.report('store a dead letter', error)
      return { nakAfterMs: RETRY_MS }
    }
  }

  return async (messages, recorded = () => {}) => {
    const batch = messages.map(decoded)
    const unknown = await record(
      batch.flatMap(({ report }) => report ?? []),
      recorded,
    )
    return Promise.all(batch.map((one) => settlement(one, unknown)))
  }
}

/**
 * The stream drops a repeated letter too; this spares it the traffic of a connector that reports a deleted operator. Who
 * comes while the first is at it shares its outcome; a failure does not count.
 */
function oncePerHour(): (key: string, act: () => Promise<void>) => Promise<void> {
  let hour = 0
  const done = new Map<string, Promise<void>>()
  return (key, act) => {
    const now = Math.floor(Date.now() / HOUR_MS)
    if (now !== hour) done.clear()
    hour = now
    const doing =
      done.get(key) ??
      act().catch((error: unknown) => {
        done.delete(key)
        throw error
      })
    done.set(key, doing)
    return doing
  }
}
