import type { LeaseName, Leases } from '@oms/domain'
import { pause, within } from './pause.ts'

export type LeaseOptions = Readonly<{
  leases: Leases
  name: LeaseName
  /** Unlike any other replica's. */
  holder: string
  /** While false the lease is neither taken nor renewed: who cannot do the work leaves it to others. */
  canHold?: () => boolean
  onHeld?: (held: boolean) => void
  onError: (error: unknown) => void
  timing?: LeaseTiming
}>

export type LeaseTiming = Readonly<{
  renewMs: number
  /** The work is told to stop this long after the last renewal began. */
  safeMs: number
  retryMs: number
}>

export interface HeldLease extends AsyncDisposable {
  held(): boolean
}

/** Leases live 10 s; the work gets 2 s to stop before another holder may begin. */
const TIMING: LeaseTiming = { renewMs: 3_000, safeMs: 8_000, retryMs: 1_000 }

/**
 * Runs `work` while this process holds the lease, again whenever it gets it back, until disposed. `work` is aborted when
 * the lease is lost, cannot be renewed in time, or this is disposed; it must then end soon, and disposing waits no longer
 * than `retryMs` for it. Nothing escapes.
 */
export function holdLease(options: LeaseOptions, work: (signal: AbortSignal) => Promise<void>): HeldLease {
  const { leases, name, holder, canHold = () => true, onHeld, onError, timing = TIMING } = options
  const stopping = new AbortController()
  let held = false

  /** Undefined: nobody knows. */
  async function ask(limitMs: number): Promise<boolean | undefined> {
    if (!canHold()) return undefined
    try {
      return await within(limitMs, leases.hold(name, holder), stopping.signal)
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  /** Until the lease is lost, cannot be renewed in time, or `over` aborts. */
  async function renew(heldUntil: number, over: AbortSignal): Promise<void> {
    let deadline = heldUntil
    let waitMs = timing.renewMs
    while (!over.aborted) {
      await pause(Math.max(0, Math.min(waitMs, deadline - performance.now())), over)
      const asked = performance.now()
      if (over.aborted || asked >= deadline) return
      const answer = await ask(deadline - asked)
      if (answer === false) return
      if (answer) deadline = asked + timing.safeMs
      waitMs = answer ? timing.renewMs : Math.min(timing.retryMs, timing.renewMs)
    }
  }

  async function hold(heldUntil: number): Promise<void> {
    const ended = new AbortController()
    held = true
    onHeld?.(true)
    const working = (async () => work(ended.signal))()
      .catch(onError)
      .finally(() => ended.abort())
    await renew(heldUntil, AbortSignal.any([stopping.signal, ended.signal]))
    held = false
    ended.abort()
    // The process must end in time, whatever a frozen dependency holds up.
    await (stopping.signal.aborted ? within(timing.retryMs, working) : working)
    onHeld?.(false)
    await within(timing.retryMs, leases.release(name, holder)).catch(onError)
  }

  async function campaign(): Promise<void> {
    while (!stopping.signal.aborted) {
      const asked = performance.now()
      if (await ask(timing.safeMs / 2)) await hold(asked + timing.safeMs)
      await pause(timing.retryMs * (0.75 + Math.random() / 2), stopping.signal)
    }
  }

  const campaigning = campaign()
  return {
    held: () => held,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await campaigning
    },
  }
}
