import type { HttpLog } from './ports.ts'

type Listening = Readonly<{
  listen(address: { host: string; port: number }): Promise<string>
  close(): Promise<unknown>
}>

export type Server = AsyncDisposable & Readonly<{ url: string }>

/** Opens the listener; disposing stops accepting and waits for the requests in flight. Rejects when the port is taken. */
export async function listen(app: Listening, address: { host: string; port: number }): Promise<Server> {
  // For `localhost` Fastify opens a second server on ::1, which would escape what is set up on the first.
  const host = address.host === 'localhost' ? '127.0.0.1' : address.host
  const url = await app.listen({ ...address, host })
  return {
    url,
    async [Symbol.asyncDispose]() {
      await app.close()
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

export type ShutdownStep = readonly [name: string, run: () => unknown]

/** Runs the steps one after the other; a step that fails is logged and does not keep the next from running. */
export async function shutDown(log: HttpLog, steps: readonly ShutdownStep[]): Promise<void> {
  for (const [step, run] of steps) {
    const begun = performance.now()
    try {
      await run()
      log.debug({ step, durationMs: Math.round(performance.now() - begun) }, 'shutdown step done')
    } catch (error) {
      log.error({ err: error, step }, 'shutdown step failed')
    }
  }
}
