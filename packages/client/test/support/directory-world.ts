import { setTimeout as sleep } from 'node:timers/promises'
import { OperatorClientError } from '../../src/errors.ts'
import type { FollowOptions } from '../../src/follow-stream.ts'
import { keepDirectory } from '../../src/keep-directory.ts'
import type { Problem } from '../../src/observer.ts'
import type { DirectoryOperator, Operator, RoutingRule } from '../../src/operator.ts'
import type { DirectoryChange } from '../../src/operator-states.ts'
import { TIMING } from '../../src/timing.ts'
import { anOperator, aRule } from './operators.ts'

type Event = Readonly<{ subject: string; payload: Readonly<Record<string, unknown>> }>
type Handlers = Pick<FollowOptions, 'onMessage' | 'onGap'>
/** A request that is waiting for its answer; what it will be is what was true when it was asked. */
type Request = Readonly<{ path: string; answer(): void; fail(): void }>

/** Operators that change, their events on the way, an internal API that answers when it is told to, and a directory between. */
export function directoryWorld() {
  const truth = new Map<string, Operator>()
  const versions = new Map<string, number>()
  const underway = new Map<string, Event[]>()
  const delivered: Event[] = []
  const requests: Request[] = []
  const told = new Map<string, DirectoryChange[]>()
  const problems: Problem[] = []
  let handlers: Handlers | undefined
  let isLost = false
  let begin: () => void = () => undefined
  const started = new Promise<void>((resolve) => {
    begin = resolve
  })
  let hasStarted = false
  let unchanged = 0
  let asked = 0

  const gate = (path: string) =>
    new Promise<void>((resolve, reject) => {
      asked += 1
      requests.push({ path, answer: resolve, fail: () => reject(new OperatorClientError('UNAVAILABLE', 'away')) })
    })

  const directory = keepDirectory({
    api: {
      async get(path) {
        const operator = truth.get(path.slice('/operators/'.length))
        await gate(path)
        if (operator === undefined) throw new OperatorClientError('NOT_FOUND', 'no such operator')
        return withHealth(operator)
      },
      async stream(path, known) {
        const operators = [...truth.values()]
        const etag = JSON.stringify([...versions])
        await gate(path)
        if (known === etag) unchanged += 1
        return { etag, notModified: known === etag, body: known === etag ? nothing() : inTwo(operators) }
      },
    },
    follow: async (given) => {
      handlers = given
      return { started, close: async () => undefined }
    },
    timing: { ...TIMING, requestTimeout: 1, retryFirst: 1, retryMost: 2 },
    onProblem: (problem) => problems.push(problem),
  })
  directory.onChange((change) => {
    const { operatorId } = change
    told.set(operatorId, [...(told.get(operatorId) ?? []), change])
  })

  async function* inTwo(operators: readonly Operator[]): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(JSON.stringify({ generatedAt: 'now', operators: operators.map(withHealth) }))
    const half = Math.floor(bytes.length / 2)
    yield bytes.subarray(0, half)
    await gate('the rest')
    yield bytes.subarray(half)
  }

  function emit(operatorId: string, kind: string, rest: object): void {
    const version = (versions.get(operatorId) ?? 0) + 1
    versions.set(operatorId, version)
    const payload = { schemaVersion: '1', eventId: 'e', operatorId, version, ...rest }
    const events = underway.get(operatorId) ?? []
    underway.set(operatorId, [...events, { subject: `operator.config.${kind}.v1`, payload }])
  }

  function update(before: Operator, changes: Partial<Operator>, newValues: Readonly<Record<string, unknown>>): void {
    const version = before.version + 1
    const written = { updatedAt: `t${version}`, updatedBy: 'amina' }
    truth.set(before.operatorId, { ...before, ...changes, version, ...written })
    emit(before.operatorId, 'updated', {
      changedFields: Object.keys(newValues),
      previousValues: {},
      newValues,
      ...written,
    })
  }

  function changeRules(before: Operator, remove: number, truncated: boolean): void {
    const at = `t${before.version + 1}`
    const written = { updatedAt: at, updatedBy: 'amina' }
    const kept = before.rules.filter((_, n) => n >= remove)
    const [first, ...others] = kept
    const changed = first === undefined ? [] : [{ ...first, priority: first.priority + 1, ...written }]
    const added = aRule(before.operatorId, { ruleId: `r${at}`, createdAt: at, createdBy: 'amina', ...written })
    const rules = [...changed, ...others, added]
    const inEvent = truncated ? { count: rules.length, truncated } : rules.map(ruleInEvent)
    update(before, { rules }, { routingRules: inEvent })
  }

  return {
    directory,
    problems,
    unchanged: () => unchanged,
    told: (operatorId: string): readonly DirectoryChange[] => told.get(operatorId) ?? [],
    truth: (): ReadonlyMap<string, Operator> => truth,
    change(operatorId: string, what: number): void {
      const before = truth.get(operatorId)
      const next = (before?.version ?? 0) + 1
      if (before === undefined) {
        if (versions.has(operatorId)) return
        const made = anOperator(operatorId)
        truth.set(operatorId, made)
        const { notes, rules, updatedAt, updatedBy, version, ...event } = made
        emit(operatorId, 'created', event)
      } else if (what === 0) update(before, { name: `n${next}` }, { name: `n${next}`, fieldOfTomorrow: 1 })
      else if (what === 1)
        update(before, { tpsLimit: { ...before.tpsLimit, maxTps: next } }, { 'tpsLimit.maxTps': next })
      else if (what === 2) update(before, { notes: null, status: 'ACTIVE' }, { notes: null, status: 'ACTIVE' })
      else if (what === 3 || what === 4) changeRules(before, next % 2, what === 4)
      else if (what === 5) update(before, { credentialsVersion: next }, { credentials: next })
      else {
        truth.delete(operatorId)
        emit(operatorId, 'deleted', { deletedAt: 'now', deletedBy: 'amina' })
      }
    },
    /** False when there is nothing to deliver. What was published before the start is delivered to nobody. */
    deliver(operatorId: string): boolean {
      const [event, ...rest] = underway.get(operatorId) ?? []
      if (event === undefined) return false
      underway.set(operatorId, rest)
      if (hasStarted) {
        delivered.push(event)
        handlers?.onMessage(event.payload, event.subject)
      }
      return true
    },
    deliverAgain(back: number): void {
      const event = delivered.at(-1 - back)
      if (event !== undefined) handlers?.onMessage(event.payload, event.subject)
    },
    send: (subject: string, payload: Readonly<Record<string, unknown>>) => handlers?.onMessage(payload, subject),
    lose(operatorId: string): void {
      const [event, ...rest] = underway.get(operatorId) ?? []
      if (event === undefined) return
      underway.set(operatorId, rest)
      isLost = true
    },
    lost: () => isLost,
    gap(): void {
      if (!hasStarted) return
      isLost = false
      handlers?.onGap()
    },
    start(): void {
      hasStarted = true
      begin()
    },
    asked: () => asked,
    requests: () => requests.length,
    waitingFor: () => requests.map(({ path }) => path),
    answer: (which: number) => requests.splice(which, 1)[0]?.answer(),
    fail: (which: number) => requests.splice(which, 1)[0]?.fail(),
    /** Answers everything until nothing more is asked. */
    async settle(): Promise<void> {
      for (let quiet = 0; quiet < LONGER_THAN_ANY_PAUSE; quiet += 1) {
        if (requests.length > 0) quiet = 0
        for (const request of requests.splice(0)) request.answer()
        await sleep(1)
      }
    },
  }
}

/** In turns of at least a millisecond, of the pauses that the world's timing allows. */
const LONGER_THAN_ANY_PAUSE = 8

export const stateOf = (operators: Iterable<Operator>): ReadonlyMap<string, Operator> =>
  new Map([...operators].map((operator) => [operator.operatorId, operator]))

const withHealth = (operator: Operator): DirectoryOperator => ({
  ...operator,
  healthState: 'HEALTHY',
  healthStale: false,
})

function ruleInEvent(rule: RoutingRule): object {
  const { operatorId, createdAt, createdBy, updatedAt, updatedBy, ...told } = rule
  return told
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield* []
}
