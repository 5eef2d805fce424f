import { type HealthReport, InboundHealthReport, isOperatorId } from '@oms/domain'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { InboundMessage } from './inbound-message.ts'
import { parseInstant } from './instant.ts'

export type Undecodable = Readonly<{ undecodable: string }>

const schema = TypeCompiler.Compile(InboundHealthReport)
/** What is kept of an error text, in UTF-16 units as the schema counts; and what no text in SMPP exceeds (3.4 §5.3.2.32). */
const BIND_ERROR = { kept: 256, longest: 65_535 }
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The report, or why there is none; the reason quotes nothing of the payload. */
export function decodeHealthReport(message: InboundMessage): HealthReport | Undecodable {
  const payload = withShortError(parse(message.data))
  if (payload === undefined) return { undecodable: 'not JSON in UTF-8' }
  if (!schema.Check(payload)) return { undecodable: `${schema.Errors(payload).First()?.path || '/'} is not as agreed` }
  const { operatorId, bindState, errorRate, bindError } = payload
  if (!isOperatorId(operatorId)) return { undecodable: '/operatorId is not as agreed' }
  const at = parseInstant(payload.at)
  if (at === undefined) return { undecodable: '/at is no time' }
  return {
    operatorId,
    at,
    receivedAt: message.receivedAtMicros,
    streamSequence: message.streamSequence,
    bindState,
    errorRate,
    bindError: printable(bindError ?? null),
    traceparent: message.traceparent,
  }
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(data))
  } catch {
    return undefined
  }
}

/** Nobody agreed with the carrier on how long its error text may be; more of it than is kept is cut, not refused. */
function withShortError(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('bindError' in payload)) return payload
  const { bindError } = payload
  if (typeof bindError !== 'string' || bindError.length <= BIND_ERROR.kept) return payload
  if (bindError.length > BIND_ERROR.longest) return payload
  return { ...payload, bindError: bindError.slice(0, BIND_ERROR.kept) }
}

/**
 * A carrier's error text may hold any octets. A report that a bind is lost is worth more than they are, so what
 * PostgreSQL cannot hold (NUL, half a surrogate pair) and what a terminal would act on is replaced, not refused.
 */
const printable = (text: string | null): string | null =>
  text === null ? null : text.toWellFormed().replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/gu, '\ufffd')
