import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { answer } from './core.ts'
import type { Effect, FaultBook, FaultRequest } from './faults.ts'
import { acceptListMethod } from './list-method.ts'
import { type Reply, VaultError } from './reply.ts'
import { methodOf, pathOf, readCall, receive } from './request.ts'
import type { Seal } from './seal.ts'
import type { State } from './state.ts'

/** One answered request; `status` is 0 when no answer was given. */
export type LoggedRequest = Readonly<{ method: string; path: string; status: number }>

export type Tls = Pick<ServerOptions, 'cert' | 'key' | 'ca' | 'requestCert' | 'rejectUnauthorized'>

export type Engine = {
  state: State
  readonly seal: Seal
  readonly book: FaultBook
  readonly now: () => Date
  hook: ((request: FaultRequest) => void | Promise<void>) | undefined
  /** Answers that the `hang` fault owes. */
  readonly held: Set<ServerResponse>
  save(): Promise<void>
  logRequest(request: LoggedRequest): void
  logError(error: unknown): void
}

/** What a fault has decided besides delaying: nothing, another answer, or silence. */
type Fate = 'answer' | 'answer-then-drop' | 'drop' | 'hang' | Reply

export function createVaultServer(engine: Engine, tls: Tls | undefined): Server {
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    serve(engine, request, response).catch((error: unknown) => {
      if (request.complete) engine.logError(error) // a caller that leaves while sending is its own business
      response.destroy()
    })
  }
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle)
  acceptListMethod(server, tls === undefined ? 'connection' : 'secureConnection')
  return server
}

async function serve(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // First, so that a slowed write happens even when its caller has given up meanwhile.
  const body = await receive(request)
  const met: FaultRequest = { method: methodOf(request), path: pathOf(request) }
  const log = (status: number) => engine.logRequest({ ...met, status })
  const fate = await decide(engine, met)
  if (fate === 'hang') {
    engine.held.add(response)
    response.once('close', () => engine.held.delete(response))
    return log(0)
  }
  if (fate === 'drop') {
    request.socket.destroy()
    return log(0)
  }
  const reply = typeof fate === 'object' ? fate : await perform(engine, request, body)
  if (fate === 'answer-then-drop') {
    request.socket.destroy()
    return log(0)
  }
  log(reply.status)
  send(reply, request, response)
}

async function decide(engine: Engine, request: FaultRequest): Promise<Fate> {
  const effects = engine.book.meet(request)
  await engine.hook?.(request)
  let fate: Fate = 'answer'
  for (const effect of effects) {
    if (effect.kind === 'slow') await sleep(effect.ms, undefined, { ref: false })
    else fate = fateOf(effect)
  }
  return fate
}

function fateOf(effect: Exclude<Effect, { kind: 'slow' }>): Fate {
  if (effect.kind === 'hang') return 'hang'
  if (effect.kind === 'drop') return effect.after ? 'answer-then-drop' : 'drop'
  return { status: effect.status, body: { errors: effect.errors } }
}

async function perform(engine: Engine, request: IncomingMessage, body: Buffer | undefined): Promise<Reply> {
  try {
    const call = readCall(request, body, engine.now().getTime())
    const { reply, changed } = await answer(engine.state, engine.seal, call)
    if (changed) await engine.save()
    return reply
  } catch (error) {
    if (error instanceof VaultError) return { status: error.status, body: { errors: error.errors } }
    engine.logError(error)
    return { status: 500, body: { errors: ['internal error'] } }
  }
}

function send({ status, body }: Reply, request: IncomingMessage, response: ServerResponse): void {
  response.statusCode = status
  response.setHeader('cache-control', 'no-store')
  if (body === undefined) {
    response.end()
    return
  }
  response.setHeader('content-type', 'application/json')
  response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`)
}
