import { type AnswerOncePorts, answerOnce, type Once } from '@oms/domain'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fingerprint } from './fingerprint.ts'
import { idempotencyKey } from './idempotency-key.ts'

export type AnswerPostPorts = AnswerOncePorts & Readonly<{ fingerprint: Fingerprint }>

/** What a POST that made something is answered, and kept as. */
export type PostAnswer<Body> = Readonly<{ status: 201; headers: Readonly<Record<string, string>>; body: Body }>

type Post<Result, Body> = Readonly<{
  /** The use case; with `once` it makes the claim and keeps the answer in the transactions of its change. */
  run: (once?: Once<Result>) => Promise<Result>
  answerTo: (result: Result) => PostAnswer<Body>
}>

/**
 * Runs a POST, or with an `Idempotency-Key` whose request was answered before gives that answer once more and marks the
 * reply. Rejects as `run` does, with IDEMPOTENCY_CONFLICT and IDEMPOTENCY_IN_PROGRESS.
 */
export async function answerPost<Result, Body>(
  ports: AnswerPostPorts,
  { request, reply }: Readonly<{ request: FastifyRequest; reply: Pick<FastifyReply, 'header'> }>,
  { run, answerTo }: Post<Result, Body>,
): Promise<PostAnswer<Body>> {
  const key = idempotencyKey(request.headers)
  if (key === undefined) return answerTo(await run())
  const claim = { subject: request.caller.subject, key, fingerprint: ports.fingerprint(request) }
  const { answer, replayed } = await answerOnce(ports, claim, async () => answerTo(await run({ claim, answerTo })))
  if (replayed) reply.header('idempotency-replayed', 'true')
  // An answer under the fingerprint of this request was made by `answerTo` of this route.
  return answer as PostAnswer<Body>
}
