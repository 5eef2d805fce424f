import type { Secret } from '@oms/domain'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogIn } from './log-in.ts'
import type { Lease } from './vault-api.ts'
import type { VaultLimits } from './vault-config.ts'
import { VaultFailure, vaultFailure } from './vault-failure.ts'

export type SessionEvent =
  | Readonly<{ event: 'logged_in' | 'renewed'; ttlSeconds: number }>
  | Readonly<{ event: 'login_failed' | 'renewal_failed'; failure: VaultFailure }>

export type SessionOptions = Readonly<{
  logIn: LogIn
  renew: (token: Secret) => Promise<Lease>
  limits: Pick<VaultLimits, 'loginRetryMs' | 'loginRetryMaxMs' | 'reloginAfterMs'>
  onEvent: ((event: SessionEvent) => void) | undefined
}>

export type Session = AsyncDisposable &
  Readonly<{
    /** The token in force, or that of a login under way. Rejects at once when there is neither. */
    token(): Promise<Secret>
    /** Another token than the one that Vault refused, by a new login if need be; undefined when none is to be had now. */
    replacementFor(refused: Secret): Promise<Secret | undefined>
    isAuthenticated(): boolean
  }>

/** `grantedSeconds` is what its login gave. `spent`: its last renewal gave so much less that its last possible end is near. */
type Held = Lease & Readonly<{ since: number; grantedSeconds: number; spent: boolean }>

/** Logs in in the background, renews at half of a token's life, logs in anew when that fails, and never gives up. */
export function openSession({ logIn, renew, limits, onEvent }: SessionOptions): Session {
  let held: Held | undefined
  let loggingIn: Promise<Held> | undefined
  let lastAttempt = -Infinity
  let closed = false
  let wakeUp = new AbortController()

  const set = (next: Held | undefined) => {
    held = next
    wakeUp.abort()
    wakeUp = new AbortController()
  }

  /** One at a time; who comes meanwhile shares it. */
  const login = (): Promise<Held> => {
    loggingIn ??= newLogin().finally(() => {
      loggingIn = undefined
    })
    return loggingIn
  }

  async function newLogin(): Promise<Held> {
    lastAttempt = performance.now()
    try {
      const lease = await logIn()
      const next = { ...lease, since: performance.now(), grantedSeconds: lease.ttlSeconds, spent: false }
      set(next)
      onEvent?.({ event: 'logged_in', ttlSeconds: lease.ttlSeconds })
      return next
    } catch (error) {
      const failure = vaultFailure(error)
      onEvent?.({ event: 'login_failed', failure })
      throw failure
    }
  }

  async function prolong(lease: Held): Promise<boolean> {
    try {
      const { ttlSeconds, renewable } = await renew(lease.token)
      if (held !== lease) return true
      const spent = ttlSeconds * 2 <= lease.grantedSeconds
      // A finite token does not become endless: 0 is less than a second.
      set({ ...lease, ttlSeconds: Math.max(ttlSeconds, 1), renewable, since: performance.now(), spent })
      onEvent?.({ event: 'renewed', ttlSeconds })
      return true
    } catch (error) {
      onEvent?.({ event: 'renewal_failed', failure: vaultFailure(error) })
      return false
    }
  }

  async function keep(): Promise<void> {
    for (let failures = 0; !closed; ) {
      const lease = held
      if (lease !== undefined && !lease.spent && halfLifeLeft(lease) > 0) {
        await wait(halfLifeLeft(lease), wakeUp.signal)
        continue
      }
      if (lease !== undefined && !lease.spent && lease.renewable && isAlive(lease) && (await prolong(lease))) continue
      try {
        await login()
        failures = 0
      } catch {
        if (!closed) await wait(backoff(failures++, limits), wakeUp.signal)
      }
    }
  }

  const keeping = keep()

  return {
    async token() {
      if (held !== undefined && isAlive(held)) return held.token
      if (loggingIn !== undefined) return (await loggingIn).token
      throw new VaultFailure('no_token', { code: 'NOT_AUTHENTICATED' })
    },
    async replacementFor(refused) {
      if (held !== undefined && held.token !== refused) return held.token
      if (loggingIn === undefined && performance.now() - lastAttempt < limits.reloginAfterMs) return undefined
      try {
        return (await login()).token
      } catch (error) {
        // Vault has said no to both the token and the proof behind it.
        const { kind } = vaultFailure(error)
        if (held?.token === refused && (kind === 'denied' || kind === 'refused')) set(undefined)
        return undefined
      }
    },
    isAuthenticated: () => held !== undefined && isAlive(held),
    async [Symbol.asyncDispose]() {
      closed = true
      wakeUp.abort()
      await keeping
    },
  }
}

const ageMs = ({ since }: Held) => performance.now() - since

const isAlive = (lease: Held) => lease.ttlSeconds === 0 || ageMs(lease) < lease.ttlSeconds * 1_000

const halfLifeLeft = (lease: Held) => (lease.ttlSeconds === 0 ? Infinity : lease.ttlSeconds * 500 - ageMs(lease))

/** Doubling, and anywhere in its upper half, so that many that lost the same Vault do not come back together. */
function backoff(failures: number, { loginRetryMs, loginRetryMaxMs }: SessionOptions['limits']): number {
  const longest = Math.min(loginRetryMs * 2 ** Math.min(failures, 20), loginRetryMaxMs)
  return longest * (0.5 + Math.random() / 2)
}

const DAY_MS = 86_400_000

/** Ends early with the signal. Timers hold at most 24 days, and no wait is longer than one. */
const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(Math.min(ms, DAY_MS), undefined, { signal, ref: false }).catch(() => {})
