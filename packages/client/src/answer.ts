import type { IncomingMessage } from 'node:http'
import { type Agent, request } from 'node:https'
import { OperatorClientError } from './errors.ts'
import { isRecord } from './is-record.ts'
import { dropIdleSockets } from './reloading-agent.ts'

export type Call = Readonly<{
  url: string
  agent: Agent
  headers: Readonly<Record<string, string>>
  signal: AbortSignal
}>

/** The answer to a GET once its head is in. Sent once more when a kept connection was closed under it. */
export async function answerTo(call: Call): Promise<IncomingMessage> {
  const { answer, wasKept } = send(call)
  try {
    return await answer
  } catch (error) {
    // Its neighbours were opened to the same server, over the same way.
    dropIdleSockets(call.agent)
    if (call.signal.aborted || !wasKept() || !CLOSED.has(codeOf(error))) throw error
    return send(call).answer
  }
}

const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE'])

function send({ url, ...options }: Call) {
  const sent = request(url, { ...options, headers: { accept: 'application/json', ...options.headers } })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject).end()
  })
  return { answer, wasKept: () => sent.reusedSocket }
}

/** Parsed. The text of a parser's error quotes what it read, so none is passed on. */
export async function jsonOf(answer: IncomingMessage): Promise<unknown> {
  const body = await textOf(answer)
  try {
    return JSON.parse(body) as unknown
  } catch {
    throw new OperatorClientError('UNAVAILABLE', 'the internal API answered something that is no JSON')
  }
}

/** Far more than the largest operator: an answer without an end would fill the host's memory within its time-out. */
const MOST_BYTES = 32 * 1024 * 1024

async function textOf(answer: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of answer) {
    size += piece.length
    if (size > MOST_BYTES) throw new OperatorClientError('UNAVAILABLE', 'the internal API answered far too much')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

/** What an answer other than the one hoped for means. */
export async function problemOf(answer: IncomingMessage): Promise<OperatorClientError> {
  const { statusCode: status = 0, headers } = answer
  const code = await problemCodeOf(answer)
  const what = code === undefined ? `${status}` : `${status} ${code}`
  // Any other 404 is of a wrong address, and says nothing of the operator.
  if (status === 404 && code === 'OPERATOR_NOT_FOUND') {
    return new OperatorClientError('NOT_FOUND', 'there is no such operator')
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return new OperatorClientError('REFUSED', `the internal API refuses the request: ${what}`)
  }
  return new OperatorClientError('UNAVAILABLE', `the internal API cannot answer now: ${what}`, retryAfterMs(headers))
}

/** Of whatever a socket, TLS or the parser of HTTP said: their errors may hold bytes of the answer, so only the code stays. */
export function unreachable(error: unknown): OperatorClientError {
  if (error instanceof OperatorClientError) return error
  const code = codeOf(error)
  const why = typeof code === 'string' ? ` (${code})` : ''
  return new OperatorClientError('UNAVAILABLE', `the internal API cannot be reached${why}`)
}

async function problemCodeOf(answer: IncomingMessage): Promise<string | undefined> {
  const problem = await jsonOf(answer).catch(() => undefined)
  const code = isRecord(problem) ? problem.code : undefined
  return typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : undefined
}

/** RFC 9110 §10.2.3, as seconds; the service sends no date. */
function retryAfterMs({ 'retry-after': value }: IncomingMessage['headers']): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : undefined
}

const codeOf = (error: unknown): unknown => (isRecord(error) ? error.code : undefined)
