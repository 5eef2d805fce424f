import { randomUUID } from 'node:crypto'
import { type DeadLetter, type DeadLetters, EventRefused } from '@oms/domain'
import type { Nats } from './connection.ts'
import { natsUnavailable } from './errors.ts'
import { publishJson } from './publish-json.ts'
import { HEALTH_DEAD_LETTERS } from './streams.ts'

const ACK_TIMEOUT_MS = 2_000
const PAYLOAD_LIMIT_BYTES = 4_096

export function createDeadLetters(nats: Nats, now: () => Date = () => new Date()): DeadLetters {
  return {
    async publish(letter) {
      const at = now().toISOString()
      const payload = { schemaVersion: '1', eventId: randomUUID(), at, ...letter, payload: cut(letter.payload) }
      const message = { subject: HEALTH_DEAD_LETTERS, messageId: messageId(letter, at), payload }
      await publishJson(nats, message, ACK_TIMEOUT_MS).catch((error: unknown) => {
        // A letter is small and well formed by construction; were it refused all the same, the report must stay.
        throw error instanceof EventRefused ? natsUnavailable(error) : error
      })
    },
  }
}

/** The hour is the publisher's: it only limits how many letters there are, and a replayed report tells no news. */
const messageId = ({ reason, operatorId, subject, streamSequence }: DeadLetter, at: string): string =>
  reason === 'UNKNOWN_OPERATOR' && operatorId !== undefined
    ? `${operatorId}:${at.slice(0, 'YYYY-MM-DDTHH'.length)}`
    : `${subject}:${streamSequence}`

/** A received payload as text, whatever bytes it has. */
export const letterText = (data: Uint8Array): string =>
  cut(new TextDecoder().decode(data.subarray(0, PAYLOAD_LIMIT_BYTES)))

/** At most 4 KiB of UTF-8, never half a character. */
function cut(text: string): string {
  const bytes = new Uint8Array(PAYLOAD_LIMIT_BYTES)
  return text.slice(0, new TextEncoder().encodeInto(text, bytes).read)
}
