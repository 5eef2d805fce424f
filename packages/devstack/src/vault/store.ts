import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialise, serialise, type State } from './state.ts'

export type Store = Readonly<{
  load(): State | undefined
  /** Resolves once a snapshot that holds every change made before the call is in place. */
  save(state: State): Promise<void>
}>

/** Keeps nothing: for tests that do not restart. */
export const memoryStore: Store = { load: () => undefined, save: async () => {} }

/**
 * One JSON file, readable by its owner only, replaced by rename. Calls that come while a snapshot is being written
 * share the next one.
 */
export function fileStore(dir: string): Store {
  const file = join(dir, 'vault.json')
  const draft = `${file}.${randomUUID()}.tmp`
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  async function write(state: State): Promise<void> {
    await writeFile(draft, serialise(state), { mode: 0o600 })
    await rename(draft, file)
  }

  function begin(state: State): Promise<void> {
    running = write(state).finally(() => {
      running = undefined
    })
    return running
  }

  return {
    load() {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      chmodSync(dir, 0o700)
      return existsSync(file) ? deserialise(readFileSync(file, 'utf8')) : undefined
    },
    save(state) {
      if (running === undefined) return begin(state)
      next ??= running
        .catch(() => {}) // reported to those who waited for that one
        .then(() => {
          next = undefined
          return begin(state)
        })
      return next
    },
  }
}
