import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

export type ReloadableSettings<T> = Readonly<{
  paths: readonly string[]
  /** Throws on what must not come into force. */
  parse(texts: readonly string[]): Promise<T>
  onSwap(next: T, previous: T): void
  /** Undefined: what lies in the files is in force (again). */
  onRefused(failure: unknown): void
  pollMs: number
}>

export type Reloadable<T> = Disposable & { readonly current: T }

/**
 * Values read from files and read again when they change. Polls by content, which sees every way of replacing a file,
 * the symlink swaps of Kubernetes included; a change counts once two polls saw the same.
 * Rejects when the first read fails.
 */
export async function openReloadable<T>(settings: ReloadableSettings<T>): Promise<Reloadable<T>> {
  const { paths, parse, onSwap, onRefused, pollMs } = settings
  /** One after the other: of several that are missing it is the same one each time, and a change can settle. */
  async function readAll(): Promise<string[]> {
    const texts: string[] = []
    for (const path of paths) texts.push(await readFile(path, 'utf8'))
    return texts
  }

  const first = await readAll()
  let current = await parse(first)
  let inForce = digestOf(first)
  let judged = inForce
  let seen = inForce
  let stopped = false

  async function poll(): Promise<void> {
    const read = await readAll().catch((error: unknown) => toFailure(error))
    const digest = Array.isArray(read) ? digestOf(read) : `unreadable ${read.message}`
    const settled = digest === seen
    seen = digest
    if (!settled || digest === judged || stopped) return
    judged = digest
    if (digest === inForce) return onRefused(undefined)
    try {
      if (!Array.isArray(read)) throw read
      const next = await parse(read)
      if (stopped) return
      const previous = current
      current = next
      inForce = digest
      onSwap(next, previous)
      onRefused(undefined)
    } catch (error) {
      onRefused(error)
    }
  }

  const schedule = (): NodeJS.Timeout =>
    setTimeout(() => {
      void poll().then(() => {
        if (!stopped) timer = schedule()
      })
    }, pollMs).unref()
  let timer = schedule()

  return {
    get current() {
      return current
    },
    [Symbol.dispose]() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

const digestOf = (texts: readonly string[]): string => {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text.length}:${text}`)
  return hash.digest('base64')
}

const toFailure = (error: unknown): Error => (error instanceof Error ? error : new Error('unreadable'))
