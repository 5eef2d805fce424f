import type { AdminClient, Answer } from '@oms/devstack/clients'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { anOperator } from './samples.ts'

/** One attempted change and its answer; `status` 0 when there was none. */
export type Write = Readonly<{
  kind: 'create' | 'update' | 'rotate' | 'delete'
  status: number
  /** Of a problem. */
  code: string | undefined
  retryAfter: string | null
  tookMs: number
  /** Of a change that was acknowledged. */
  operatorId: string
  version: number
  /** What an update wrote: no two are alike. */
  notes: string | undefined
}>

export type WriteLoadOptions = Readonly<{
  /** Admins at work at once, each on operators of its own. */
  lanes?: number
  operatorsPerLane?: number
  /** Between two changes of a lane. */
  pauseMs?: number
  /** After so many changes it ends by itself. */
  limit?: number
}>

export type WriteLoad = Readonly<{
  /** So far. */
  writes: readonly Write[]
  /** Resolves when it ends by itself. */
  ended: Promise<void>
  /** Resolves when what is under way has been answered. */
  stop(): Promise<readonly Write[]>
}>

type Lane = { readonly operators: string[]; turn: number }

/** Creates, updates, rotates and deletes operators until it is stopped; a failed change is followed by the next one. */
export function startWrites(admin: () => AdminClient, options: WriteLoadOptions = {}): WriteLoad {
  const { lanes = 4, operatorsPerLane = 10, pauseMs = 0, limit = Number.POSITIVE_INFINITY } = options
  const over = new AbortController()
  const writes: Write[] = []
  let begun = 0

  async function attempt(lane: Lane): Promise<Write> {
    const operatorId = lane.operators[lane.turn % Math.max(1, lane.operators.length)]
    const kind = operatorId === undefined ? 'create' : kindOf(lane, operatorsPerLane)
    lane.turn += 1
    const notes = kind === 'update' ? `notes ${randomUUID()}` : undefined
    const since = performance.now()
    const answer = await send(admin, { kind, operatorId: operatorId ?? '', notes }).catch(() => undefined)
    const write = toWrite(answer, { kind, notes, operatorId: operatorId ?? '', tookMs: performance.now() - since })
    if (write.status === 201) lane.operators.push(write.operatorId)
    // One whose deletion was not answered may be gone, and is nobody's any more.
    if (kind === 'delete' || write.status === 404) lane.operators.splice(lane.operators.indexOf(operatorId ?? ''), 1)
    return write
  }

  async function work(turn: number): Promise<void> {
    const lane: Lane = { operators: [], turn }
    while (!over.signal.aborted && begun < limit) {
      begun += 1
      writes.push(await attempt(lane))
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: over.signal }).catch(() => undefined)
    }
  }

  const ended = Promise.all(Array.from({ length: lanes }, (_, turn) => work(turn))).then(() => undefined)
  return {
    writes,
    ended,
    async stop() {
      over.abort()
      await ended
      return writes
    },
  }
}

export const isAcknowledged = ({ status }: Write): boolean => status >= 200 && status < 300

/** In ten changes: creates while there is room, six updates, two rotations, a delete. */
function kindOf({ operators, turn }: Lane, room: number): Write['kind'] {
  if (operators.length < room && turn % 3 !== 0) return 'create'
  return turn % 10 === 9 ? 'delete' : turn % 5 === 2 ? 'rotate' : 'update'
}

// Asynchronous from the start: of an admin-api that is not running there is not even a URL.
async function send(
  admin: () => AdminClient,
  { kind, operatorId, notes }: Pick<Write, 'kind' | 'operatorId' | 'notes'>,
) {
  const path = `/operators/${operatorId}`
  switch (kind) {
    case 'create':
      return admin()('POST', '/operators', anOperator())
    case 'update':
      return admin()('PATCH', path, { notes })
    case 'rotate':
      return admin()('PATCH', path, { password: randomUUID().slice(0, 8) })
    case 'delete':
      return admin()('DELETE', path)
  }
}

type Attempt = Pick<Write, 'kind' | 'operatorId' | 'notes' | 'tookMs'>

function toWrite(answer: Answer | undefined, attempt: Attempt): Write {
  const body = (answer?.body ?? {}) as Readonly<{ operatorId?: string; version?: number; code?: string }>
  return {
    ...attempt,
    status: answer?.status ?? 0,
    code: body.code,
    retryAfter: answer?.headers.get('retry-after') ?? null,
    operatorId: body.operatorId ?? attempt.operatorId,
    version: body.version ?? Number.NaN,
  }
}
