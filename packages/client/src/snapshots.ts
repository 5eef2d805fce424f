import type { InternalApi } from './internal-api.ts'
import { jsonElements } from './json-elements.ts'
import type { Problem } from './observer.ts'
import type { DirectoryOperator } from './operator.ts'
import { backoffMs, pause } from './pause.ts'
import { readOperator } from './read-operator.ts'
import type { Timing } from './timing.ts'

/** One reading of the snapshot. */
export type SnapshotReading = Readonly<{
  /** Some of its operators, as they come; each once. */
  take(operators: readonly DirectoryOperator[]): void
  /** All of it has come. */
  end(): void
}>

export type SnapshotsOptions = Readonly<{
  api: Pick<InternalApi, 'stream'>
  /** Called before it is asked for. Where nothing has changed since the last one, nothing is taken and nothing ended. */
  begin: () => SnapshotReading
  /** After each, changed or not. */
  onRead: () => void
  timing: Timing
  onProblem: (problem: Problem) => void
  signal: AbortSignal
}>

/** Answers how to ask for a snapshot that begins from now on: read one at a time, again until it is whole. */
export function createSnapshots({ api, begin, onRead, timing, onProblem, signal }: SnapshotsOptions): () => void {
  let due = false
  let running = false
  let etag: string | undefined

  async function read(): Promise<void> {
    const reading = begin()
    const answer = await api.stream('/operators', etag)
    if (answer.notModified) return
    for await (const operators of jsonElements(answer.body, 'operators')) {
      if (signal.aborted) return
      reading.take(operators.map(readOperator))
    }
    reading.end()
    etag = answer.etag
  }

  async function run(): Promise<void> {
    running = true
    for (let failures = 0; due && !signal.aborted; ) {
      due = false
      try {
        await read()
        failures = 0
        if (!signal.aborted) onRead()
      } catch (error) {
        if (signal.aborted) return
        due = true
        failures += 1
        if (failures === 1)
          onProblem({ source: 'internal-api', message: 'the directory could not be read; trying again', error })
        await pause(backoffMs(failures, timing), signal)
      }
    }
    running = false
  }

  return () => {
    due = true
    if (!running) void run()
  }
}
