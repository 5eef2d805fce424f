import { bulkhead } from 'cockatiel'
import type { IncomingMessage } from 'node:http'
import { answerTo, jsonOf, problemOf, unreachable } from './answer.ts'
import type { TlsFiles } from './certificate-files.ts'
import { OperatorClientError } from './errors.ts'
import type { Problem } from './observer.ts'
import { openPatience, type Patience } from './patience.ts'
import { openReloadingAgent } from './reloading-agent.ts'
import type { Timing } from './timing.ts'

export type { TlsFiles } from './certificate-files.ts'

/** Reads of the internal API over mutual TLS. Every rejection is an OperatorClientError. */
export type InternalApi = Readonly<{
  /** The answer at a path below /v1/internal, such as `/operators/ID`, parsed. */
  get(path: string): Promise<unknown>
  /**
   * The same, its body piece by piece as it comes; read it to its end or leave its loop, for it holds a connection. With
   * the `etag` of an answer before, `notModified` says that it still holds, and the body is empty.
   */
  stream(path: string, etag?: string): Promise<StreamedAnswer>
  /** What is under way rejects. */
  close(): Promise<void>
}>

export type StreamedAnswer = Readonly<{
  notModified: boolean
  etag: string | undefined
  body: AsyncIterable<Uint8Array>
}>

export type InternalApiOptions = Readonly<{
  /** `https://host:port`. */
  url: string
  tls: TlsFiles
  timing: Timing
  onProblem: (problem: Problem) => void
}>

const MOST_AT_ONCE = 8

/** Connects with the first request, and keeps few connections. Throws TypeError on an address that is not https. */
export function createInternalApi({ url, tls, timing, onProblem }: InternalApiOptions): InternalApi {
  const base = `${originOf(url)}/v1/internal`
  const agents = openReloadingAgent({
    tls,
    pollMs: timing.certificatePoll,
    mostIdleSockets: MOST_AT_ONCE,
    onProblem,
  })
  // Not the agent's own queue: what waits there cannot be ended, and goes to a silent server one by one.
  const few = bulkhead(MOST_AT_ONCE, Infinity)
  const underWay = new Set<Patience>()
  let answeredAt = -Infinity
  let closed = false

  async function patiently<T>(use: (patience: Patience) => Promise<T>): Promise<T> {
    if (closed) throw endOfClient()
    const patience = openPatience(timing.requestTimeout, () => underWay.delete(patience))
    underWay.add(patience)
    try {
      return await use(patience)
    } catch (error) {
      patience.end()
      throw failureOf(error, patience)
    }
  }

  async function ask(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    const agent = await agents.current()
    signal.throwIfAborted()
    const answer = await answerTo({ url: `${base}${path}`, agent, headers, signal })
    const { statusCode } = answer
    if (statusCode === 200 || (statusCode === 304 && 'if-none-match' in headers)) return answer
    throw await problemOf(answer)
  }

  return {
    get: (path) =>
      patiently(async (patience) => {
        const { signal } = patience
        // A thousand binds at once are served one after the other: to wait for one's turn is no outage.
        patience.queue(() => answeredAt)
        const parsed = await few.execute(async () => {
          patience.renew()
          return jsonOf(await ask(path, {}, signal))
        }, signal)
        answeredAt = performance.now()
        patience.end()
        return parsed
      }),
    stream: (path, etag) =>
      patiently(async (patience) => {
        const answer = await ask(path, etag === undefined ? {} : { 'if-none-match': etag }, patience.signal)
        const notModified = answer.statusCode === 304
        patience.renew()
        const body = piecesOf(answer, patience)
        // Its end, which comes at once, gives the connection back.
        if (notModified) for await (const _ of body);
        return { notModified, etag: answer.headers.etag, body }
      }),
    async close() {
      closed = true
      for (const patience of underWay) patience.lose(endOfClient())
      agents.close()
    },
  }
}

/** Only the server's silences count: no time passes while the reader works on a piece. */
async function* piecesOf(answer: IncomingMessage, patience: Patience): AsyncGenerator<Uint8Array> {
  const pieces: AsyncIterable<Uint8Array> = answer
  try {
    for await (const piece of pieces) {
      patience.rest()
      yield piece
      patience.renew()
    }
  } catch (error) {
    throw failureOf(error, patience)
  } finally {
    patience.end()
  }
}

const failureOf = (error: unknown, { signal }: Patience): OperatorClientError =>
  unreachable(signal.aborted ? signal.reason : error)

const endOfClient = () => new OperatorClientError('UNAVAILABLE', 'the client is closed')

function originOf(url: string): string {
  const { protocol, origin, username, password } = new URL(url)
  if (protocol !== 'https:') throw new TypeError('the address of the internal API is not https://')
  if (username !== '' || password !== '') throw new TypeError('the address of the internal API holds a login')
  return origin
}
