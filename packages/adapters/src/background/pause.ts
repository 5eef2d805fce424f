import { setTimeout as sleep } from 'node:timers/promises'

/** Waits, but not past an abort; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** `promise`, or undefined after `ms` or once `over` aborts; a late rejection is nobody's any more. */
export async function within<T>(ms: number, promise: Promise<T>, over?: AbortSignal): Promise<T | undefined> {
  const answered = new AbortController()
  const end = () => answered.abort()
  over?.addEventListener('abort', end)
  if (over?.aborted) end()
  try {
    return await Promise.race([promise, pause(ms, answered.signal).then(() => undefined)])
  } finally {
    over?.removeEventListener('abort', end)
    answered.abort()
    promise.catch(() => undefined)
  }
}
