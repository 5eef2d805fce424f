import { setTimeout as sleep } from 'node:timers/promises'

/** Waits, but not past an abort; never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
}

/** Resolves when it aborts, or has. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resume) => {
    if (signal.aborted) resume()
    else signal.addEventListener('abort', () => resume(), { once: true })
  })

/** `promise`, or undefined after `ms` or an abort, whichever comes first; a late rejection is nobody's any more. */
export async function within<T>(ms: number, promise: Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
  const done = new AbortController()
  const limit = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal])
  try {
    return await Promise.race([promise, pause(ms, limit).then(() => undefined)])
  } finally {
    done.abort()
    promise.catch(() => undefined)
  }
}

/** Doubles from `firstMs` to `mostMs` with each failure, and spreads replicas apart. */
export const backoffMs = (failures: number, firstMs: number, mostMs: number): number =>
  Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20)) * (0.75 + Math.random() / 2)
