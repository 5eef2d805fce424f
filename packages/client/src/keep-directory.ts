import { configEvent, rotatesCredentials, updatedOperator } from './config-event.ts'
import type { Follow, FollowOptions } from './follow-stream.ts'
import type { InternalApi } from './internal-api.ts'
import { createListeners } from './listeners.ts'
import type { Problem } from './observer.ts'
import type { DirectoryOperator, Operator } from './operator.ts'
import { createOperatorStates, type DirectoryChange } from './operator-states.ts'
import { pause } from './pause.ts'
import { configurationOf } from './read-operator.ts'
import { createRereads } from './rereads.ts'
import { createSnapshots, type SnapshotReading } from './snapshots.ts'
import type { Timing } from './timing.ts'

/** Every live operator with its rules, in memory and up to date. */
export type Directory = Readonly<{
  /** Resolves when the first snapshot is in; pending for ever when closed before. */
  ready: Promise<void>
  get(operatorId: string): Operator | undefined
  all(): Iterable<Operator>
  size: number
  /** Told of each change once, by growing versions of an operator; answers how to stop. */
  onChange(listener: (change: DirectoryChange) => void): () => void
  /** Told of every operator of every snapshot, in parts as they come, with the health that came with it. */
  onSnapshot(listener: (operators: Iterable<DirectoryOperator>) => void): () => void
  close(): Promise<void>
}>

export type KeepDirectoryOptions = Readonly<{
  api: Pick<InternalApi, 'get' | 'stream'>
  /** Begins to follow the config events. */
  follow: (handlers: Pick<FollowOptions, 'onMessage' | 'onGap'>) => Promise<Follow>
  timing: Timing
  onProblem: (problem: Problem) => void
}>

/**
 * Follows the config events, then reads the snapshot: what happens in between is not lost. Events are applied where they
 * follow the known version and tell all; else the one operator is read.
 */
export function keepDirectory({ api, follow, timing, onProblem }: KeepDirectoryOptions): Directory {
  const closing = new AbortController()
  const { signal } = closing
  const changes = createListeners<DirectoryChange>('changes', onProblem)
  const readings = createListeners<Iterable<DirectoryOperator>>('snapshots', onProblem)
  const states = createOperatorStates(changes.tell)
  const rereads = createRereads({ api, states, timing, onProblem, signal })
  let following: Follow | undefined

  function onEvent(payload: Readonly<Record<string, unknown>>, subject: string): void {
    const event = configEvent(subject, payload)
    if (event === undefined) return
    if (event === 'malformed')
      return onProblem({ source: 'nats', message: `an event on ${subject} breaks the contract; passed over` })
    const { operatorId, version } = event
    if (version <= states.version(operatorId)) return
    if (event.kind === 'deleted') return remove(operatorId, version)
    const known = states.known.get(operatorId)
    const rotated = rotatesCredentials(event)
    const follows = event.kind === 'updated' && known?.version === version - 1
    const next = follows ? updatedOperator(known, event) : undefined
    // `created` leaves out the notes and the rules.
    if (next === undefined) rereads.want(operatorId, version, rotated)
    else states.put(next, rotated || rereads.rotated(operatorId))
  }

  function remove(operatorId: string, version: number): void {
    rereads.forget(operatorId)
    states.remove(operatorId, version)
  }

  function beginReading(): SnapshotReading {
    // What was heard of before now and is not in it was deleted; a read that is on its way may not know that yet.
    const missing = new Set([...states.known.keys(), ...rereads.wanted()])
    return {
      take(operators) {
        for (const operator of operators) {
          missing.delete(operator.operatorId)
          states.put(configurationOf(operator), rereads.rotated(operator.operatorId))
        }
        readings.tell(operators)
      },
      end() {
        for (const operatorId of missing) remove(operatorId, states.version(operatorId))
      },
    }
  }

  const ready = new Promise<void>((resolve) => {
    const refresh = createSnapshots({
      api,
      begin: beginReading,
      onRead() {
        rereads.start()
        resolve()
      },
      timing,
      onProblem,
      signal,
    })

    async function begin(): Promise<void> {
      following = await follow({ onMessage: onEvent, onGap: refresh })
      if (signal.aborted) await following.close()
      await following.started
    }

    let waiting = true
    const began = begin()
      .catch((error: unknown) => onProblem({ source: 'nats', message: 'no connection: no config events', error }))
      .then(() => {
        waiting = false
        refresh()
      })
    // A host can start while NATS is away. When events flow later the snapshot is asked for again, mostly for a 304.
    void Promise.race([began, pause(timing.requestTimeout, signal)]).then(() => {
      if (waiting) refresh()
    })
  })

  return {
    ready,
    get: (operatorId) => states.known.get(operatorId),
    all: () => states.known.values(),
    get size() {
      return states.known.size
    },
    onChange: changes.add,
    onSnapshot: readings.add,
    async close() {
      closing.abort()
      await following?.close()
    },
  }
}
