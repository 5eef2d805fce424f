import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFaultBook, type Faults } from './faults.ts'
import { newState } from './mounts.ts'
import { randomText } from './random.ts'
import { createVaultServer, type Engine, type LoggedRequest, type Tls } from './server.ts'
import type { State } from './state.ts'
import { fileStore, memoryStore } from './store.ts'
import { issueToken } from './tokens.ts'

export type DevVaultOptions = Readonly<{
  /** Where the state is kept, in a file of mode 0600. Without it nothing outlives the process. */
  dir?: string
  /** A free one, if not given. */
  port?: number
  host?: string
  /** Random, if not given and not kept from before. */
  rootToken?: string
  /** Serves HTTPS. With `requestCert` and `ca` it asks for client certificates. */
  tls?: Tls
  log?: (line: string) => void
  now?: () => Date
}>

export type DevVault = AsyncDisposable &
  Readonly<{
    url: string
    port: number
    rootToken: string
    faults: Faults
    /** Every request since the start, at most the last 10,000; never a body, a query or a header. */
    requests: readonly LoggedRequest[]
    stop(): Promise<void>
    /** After `stop`: the same port and, read anew from `dir`, the same data. */
    start(): Promise<void>
  }>

const NOTICE = 'development Vault: FOR DEVELOPMENT ONLY, secrets are kept unencrypted'
const REQUESTS_KEPT = 10_000
/** As Vault: longer than any client keeps an idle connection. */
const IDLE_MS = 300_000

/** Rejects when NODE_ENV is production, when the port is taken or when the state cannot be read. */
export async function startDevVault(options: DevVaultOptions = {}): Promise<DevVault> {
  const { host = '127.0.0.1', log = () => {}, tls } = options
  // Read here and not by the caller, so that no caller can forget it.
  if (process.env.NODE_ENV === 'production') {
    throw new Error('the development Vault refuses to run with NODE_ENV=production')
  }
  log(NOTICE)
  const store = options.dir === undefined ? memoryStore : fileStore(options.dir)
  const requests: LoggedRequest[] = []
  const book = createFaultBook()
  const now = options.now ?? (() => new Date())
  const first = store.load() ?? newState(randomUUID())
  const rootToken = ensureRootToken(first, options.rootToken, now().getTime())
  await store.save(first)

  const engine: Engine = {
    state: first,
    seal: { sealed: false, clusterId: first.clusterId },
    book,
    now,
    hook: undefined,
    held: new Set(),
    save: () => store.save(engine.state),
    logRequest(request) {
      requests.push(request)
      if (requests.length > REQUESTS_KEPT) requests.shift()
    },
    // The stack alone: messages of foreign errors may quote what was sent.
    logError: (error) =>
      log(`development Vault: ${error instanceof Error ? `${error.name} ${frames(error)}` : 'unknown error'}`),
  }

  let server: Server | undefined = await listen(engine, tls, { port: options.port ?? 0, host })
  const { port } = server.address() as AddressInfo

  async function away(): Promise<void> {
    const closing = server
    if (closing === undefined) return
    server = undefined
    engine.held.clear()
    const closed = once(closing, 'close')
    closing.close()
    closing.closeAllConnections()
    await closed
  }

  async function back(): Promise<void> {
    server ??= await listen(engine, tls, { port, host })
  }

  let stopped = false

  // The file may already be another's by the time of a second call.
  async function stop(): Promise<void> {
    if (stopped) return
    stopped = true
    await away()
    await store.save(engine.state)
  }

  const clear = () => {
    book.clear()
    engine.hook = undefined
    engine.seal.sealed = false
    for (const response of engine.held) response.destroy()
    engine.held.clear()
  }

  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    rootToken,
    requests,
    faults: {
      slow: (ms, options) => book.add({ kind: 'slow', ms }, options),
      fail: (status, options) => book.add({ kind: 'fail', status, errors: ['injected failure'] }, options),
      hang: (options) => book.add({ kind: 'hang' }, options),
      dropBeforeWrite: (options) => book.add({ kind: 'drop', after: false }, options),
      dropAfterWrite: (options) => book.add({ kind: 'drop', after: true }, options),
      seal() {
        engine.seal.sealed = true
      },
      unseal() {
        engine.seal.sealed = false
      },
      away,
      back,
      onRequest(hook) {
        engine.hook = hook
      },
      clear,
    },
    stop,
    async start() {
      if (!stopped) return
      stopped = false
      engine.state = store.load() ?? engine.state
      engine.seal.sealed = false
      await back()
    },
    [Symbol.asyncDispose]: stop,
  }
}

const frames = (error: Error) => (error.stack ?? '').split('\n').slice(-3).join(' ')

async function listen(engine: Engine, tls: Tls | undefined, at: { port: number; host: string }): Promise<Server> {
  const server = createVaultServer(engine, tls)
  server.keepAliveTimeout = IDLE_MS
  server.listen(at)
  await once(server, 'listening')
  return server
}

/** A root token given by name replaces the one before. */
function ensureRootToken(state: State, wanted: string | undefined, now: number): string {
  const roots = [...state.tokens.values()].filter((token) => token.path === 'auth/token/root')
  const kept = roots.find((token) => wanted === undefined || token.id === wanted)
  if (kept !== undefined) return kept.id
  for (const { id } of roots) state.tokens.delete(id)
  const token = issueToken(
    state,
    {
      id: wanted ?? `hvs.${randomText(24)}`,
      namespace: '',
      policies: ['root'],
      meta: null,
      displayName: 'root',
      path: 'auth/token/root',
      parent: null,
      ttl: null,
      maxTtl: 0,
      explicitMaxTtl: 0,
      period: 0,
      renewable: false,
      usesLeft: 0,
    },
    now,
  )
  return token.id
}
