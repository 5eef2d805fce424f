import type { HttpLog } from './ports.ts'

type Listening = Readonly<{
  listen(address: { host: string; port: number }): Promise<string>
  close(): Promise<unknown>
  server: { closeIdleConnections(): void }
}>

const SWEEP_MS = 50

export type Server = AsyncDisposable & Readonly<{ url: string }>

/** Opens the listener; disposing stops accepting and waits for the requests in flight. Rejects when the port is taken. */
export async function listen(app: Listening, address: { host: string; port: number }): Promise<Server> {
  // For `localhost` Fastify opens a second server on ::1, which would escape what is set up on the first.
  const host = address.host === 'localhost' ? '127.0.0.1' : address.host
  const url = await app.listen({ ...address, host })
  return {
    url,
    async [Symbol.asyncDispose]() {
      // What was busy when the listener closed would be kept alive after its answer, and the listener with it.
      const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
      await app.close().finally(() => clearInterval(sweep))
    },
  }
}

/**
 * Resolves on SIGTERM or SIGINT. From then on the process has `backstopMs` to end by itself; a second signal or the
 * end of that time ends it with code 1.
 */
export function terminationSignal({
  log,
  backstopMs = 10_000,
}: {
  log: HttpLog
  backstopMs?: number
}): Promise<string> {
  return new Promise((resolve) => {
    let received = false
    const onSignal = (signal: string): void => {
      if (received) process.exit(1)
      received = true
      log.info({ signal }, 'shutting down')
      setTimeout(() => {
        log.fatal({ backstopMs }, 'shutdown took too long')
        process.exit(1)
      }, backstopMs).unref()
      resolve(signal)
    }
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  })
}

/**
 * Runs what `serve` opens until SIGTERM or SIGINT, disposes it, and ends the process with code 0. Explicitly, for the
 * drivers leave sockets half open to a server that is frozen and never closes its half.
 */
export async function serveUntilTerminated(log: HttpLog, serve: () => Promise<AsyncDisposable>): Promise<never> {
  const terminated = terminationSignal({ log })
  {
    await using _running = await serve()
    await terminated
  }
  process.exit(0)
}

/** What nobody caught ends the process as a line of the log, reduced like all others: Node would print it whole. */
export function logCrashes(log: HttpLog): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'crashed')
    process.exit(1)
  })
}
