import { setTimeout as sleep } from 'node:timers/promises'

/** Waits, but not past an abort; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** `promise`, or undefined after `ms`; a late rejection is nobody's any more. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const answered = new AbortController()
  try {
    return await Promise.race([promise, pause(ms, answered.signal).then(() => undefined)])
  } finally {
    answered.abort()
    promise.catch(() => undefined)
  }
}
