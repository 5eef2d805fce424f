import type { Secret } from '@oms/domain'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Breaker } from './breaker.ts'
import type { Observe, VaultOperation } from './observe.ts'
import type { Session } from './session.ts'
import { isInfrastructure, type VaultFailure, vaultFailure } from './vault-failure.ts'

/** Sends with a token that is in force. Rejects with `VaultFailure`. */
export type Call = <T>(op: VaultOperation, send: (token: string) => Promise<T>) => Promise<T>

type CallParts = Readonly<{
  session: Pick<Session, 'token' | 'replacementFor'>
  breaker: Breaker
  observe: Observe
}>

/** Long enough for a restarted listener, short beside the timeout. */
const RETRY_MS = 50

/**
 * A read is tried once more when Vault did not answer it; a write never, since it may have happened. What Vault itself
 * refused as forbidden has not happened, so after a new login both are sent again.
 */
export function createCalls({ session, breaker, observe }: CallParts): Call {
  const sendWith = <T>(op: VaultOperation, token: Secret, send: (token: string) => Promise<T>): Promise<T> =>
    breaker(() => observe(op, () => send(token.reveal()))).catch((error: unknown) => {
      const failure = vaultFailure(error)
      // An open circuit keeps the request from being observed.
      return failure.kind === 'circuit_open' ? observe<T>(op, () => Promise.reject(failure)) : Promise.reject(failure)
    })

  async function authenticated<T>(op: VaultOperation, send: (token: string) => Promise<T>): Promise<T> {
    const token = await session.token()
    try {
      return await sendWith(op, token, send)
    } catch (error) {
      const failure = vaultFailure(error)
      if (!wasForbidden(op, failure)) throw failure
      const another = await session.replacementFor(token)
      if (another === undefined) throw failure
      return sendWith(op, another, send)
    }
  }

  return async (op, send) => {
    try {
      return await authenticated(op, send)
    } catch (error) {
      const failure = vaultFailure(error)
      if (!isRead(op) || !isInfrastructure(failure)) throw failure
      await sleep(RETRY_MS * (0.5 + Math.random()))
      return authenticated(op, send)
    }
  }
}

const isRead = (op: VaultOperation) => op === 'read' || op === 'metadata'

/** A proxy may answer 403 to what Vault has done already; Vault's own refusal has its `errors`. */
const wasForbidden = (op: VaultOperation, { kind, errors }: VaultFailure) =>
  kind === 'denied' && (isRead(op) || errors !== undefined)
