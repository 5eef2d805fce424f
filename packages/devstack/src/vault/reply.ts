import { randomUUID } from 'node:crypto'

export type Reply = Readonly<{ status: number; body?: unknown }>

/** Carries the status and the `errors` array of Vault's answer. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
  readonly status: number
  readonly errors: readonly string[]

  constructor(status: number, ...errors: string[]) {
    super(errors.join('; '))
    this.status = status
    this.errors = errors
  }
}

/** Vault prints the errors that its core collects as Go's multierror does. */
const collected = (message: string) => `1 error occurred:\n\t* ${message}\n\n`

export const badRequest = (message: string) => new VaultError(400, message)
export const notFound = () => new VaultError(404)
export const permissionDenied = () => new VaultError(403, collected('permission denied'))
export const unsupportedOperation = () => new VaultError(405, collected('unsupported operation'))

const envelope = {
  lease_id: '',
  renewable: false,
  lease_duration: 0,
  data: null as unknown,
  wrap_info: null,
  warnings: null as readonly string[] | null,
  auth: null as unknown,
}

type Extra = Readonly<{ status?: number; warnings?: readonly string[] }>

export const noContent: Reply = { status: 204 }

export function ok(data: unknown, { status = 200, warnings = [] }: Extra = {}): Reply {
  return {
    status,
    body: { request_id: randomUUID(), ...envelope, data, warnings: warnings.length === 0 ? null : warnings },
  }
}

export function loggedIn(auth: unknown, warnings: readonly string[] = []): Reply {
  return {
    status: 200,
    body: { request_id: randomUUID(), ...envelope, auth, warnings: warnings.length === 0 ? null : warnings },
  }
}

/** A list of nothing is not found. */
export function keys(names: Iterable<string>): Reply {
  const sorted = [...names].sort()
  if (sorted.length === 0) throw notFound()
  return ok({ keys: sorted })
}
