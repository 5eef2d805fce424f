import { type ErrorCode, invalid } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import type { IncomingHttpHeaders } from 'node:http'

/** What a POST with a key can end in. */
export const IDEMPOTENCY_PROBLEMS: readonly ErrorCode[] = ['IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_IN_PROGRESS']

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/

export const IdempotencyKeyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        '1-255 visible ASCII characters. The same request with the same key within 24 h happens once: it is answered again, ' +
        'with `Idempotency-Replayed: true`',
    }),
  ),
})

/** For `headers` of an answer that may be a replay. */
export const replayedHeader = {
  'Idempotency-Replayed': Type.Optional(Type.Literal('true', { description: 'The answer of the first request' })),
}

/** Undefined without the header; rejects with INVALID_PAYLOAD when it is no key. */
export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  // Node joins a header that came twice with a comma and a blank, so that it fails, too.
  if (typeof key !== 'string' || !VISIBLE_ASCII.test(key)) {
    throw invalid('Idempotency-Key', 'must be 1-255 visible ASCII characters')
  }
  return key
}
