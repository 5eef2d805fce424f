import { inspect } from 'node:util'
import type { ChangeContext } from '../../src/change/change-context.ts'
import { CommitOutcomeUnknown, DomainError } from '../../src/errors.ts'
import { memoryPorts } from '../../src/memory/memory-ports.ts'
import type { MemoryStore } from '../../src/memory/memory-store.ts'
import { type CreatedOperator, createOperator } from '../../src/operator/create-operator.ts'
import type { CreateOperatorBody, UpdateOperatorBody } from '../../src/operator/operator-bodies.ts'
import { parseCreateOperator, parseOperatorPatch } from '../../src/operator/operator-commands.ts'
import type { OperatorId } from '../../src/operator/operator-id.ts'
import { sweepCredentials } from '../../src/operator/sweep-credentials.ts'
import { updateOperator } from '../../src/operator/update-operator.ts'
import type { VersionPrecondition } from '../../src/operator/version-precondition.ts'

export const databaseAway = new DomainError('DEPENDENCY_UNAVAILABLE', 'the database is away')
export const vaultAway = new DomainError('VAULT_UNAVAILABLE', 'Vault is away')
export const commitUnknown = new CommitOutcomeUnknown(new Error('connection lost'))

export const by = (actor: string): ChangeContext => ({
  actor,
  requestId: 'request-7',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  sourceAddress: '192.0.2.7',
})

export const ROSHAN: CreateOperatorBody = {
  name: 'Roshan',
  host: 'smsc.roshan.example',
  port: 2775,
  systemId: 'gateway',
  bindType: 'TRANSCEIVER',
  password: 'pa55word',
  tpsLimit: { maxTps: 50 },
}

/** Memory ports on a clock that stands until it is moved, and the use cases as an admin would use them. */
export function aWorld() {
  const clock = { at: Date.parse('2026-11-20T12:00:00.000Z') }
  const passMilliseconds = async (milliseconds: number) => void (clock.at += milliseconds)
  const timers = { now: () => new Date(clock.at), pause: passMilliseconds }
  const ports = { ...memoryPorts(timers), credentialsRetentionDays: 30 }
  const { store } = ports

  const create = (body: Partial<CreateOperatorBody> = {}): Promise<CreatedOperator> =>
    createOperator(ports, parseCreateOperator({ ...ROSHAN, ...body }, by('amina')))

  const update = (operatorId: OperatorId, body: UpdateOperatorBody, ifMatch?: VersionPrecondition) =>
    updateOperator(ports, {
      operatorId,
      patch: parseOperatorPatch(body),
      context: by('zahra'),
      ...(ifMatch === undefined ? {} : { ifMatch }),
    })

  return {
    ...ports,
    ports,
    clock,
    create,
    update,
    sweep: () => sweepCredentials(ports, new AbortController().signal),
    /** What is told of operators, and that somebody did it. */
    events: () => outboxOf(store).filter(({ subject }) => subject !== 'audit.admin.v1'),
    auditEvents: () => outboxOf(store).filter(({ subject }) => subject === 'audit.admin.v1'),
    passSeconds: (seconds: number) => void (clock.at += seconds * 1_000),
    /** The password of one version of a secret. */
    passwordOf: async (operatorId: OperatorId, version: number) =>
      (await ports.credentials.read(operatorId, version))?.password.reveal(),
  }
}

const outboxOf = (store: MemoryStore) => [...store.outbox.values()].map(({ event }) => event)

export type World = ReturnType<typeof aWorld>

/** All of what is committed, but for secrets: to be compared with itself after a failure. */
export const committed = ({ store }: World) =>
  structuredClone({
    operators: [...store.operators],
    cleanups: [...store.cleanups],
    rules: [...store.rules],
    keys: [...store.keys],
    keysInHand: store.keysInHand.size,
    audit: store.audit,
    outbox: [...store.outbox],
    claims: store.claims.size,
  })

/** What a promise rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not reject')
}

/** Whether `text` can be read anywhere in what `things` print, serialise or hold. */
export const shows = (text: string, ...things: readonly unknown[]): boolean =>
  [inspect(things, { depth: null, showHidden: true, maxArrayLength: null }), JSON.stringify(things), things.map(String)]
    .join()
    .includes(text)
