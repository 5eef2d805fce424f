import type { LeaseName, Leases } from '../lease/leases.ts'

const LIFE_MS = 10_000

/** `expire` ends a lease before its time. */
export function memoryLeases(
  now: () => Date = () => new Date(),
): Leases & Readonly<{ expire: (name: LeaseName) => void }> {
  const leases = new Map<LeaseName, Readonly<{ holder: string; expiresAt: number }>>()
  return {
    hold: async (name, holder) => {
      const lease = leases.get(name)
      const at = now().getTime()
      if (lease !== undefined && lease.holder !== holder && lease.expiresAt > at) return false
      leases.set(name, { holder, expiresAt: at + LIFE_MS })
      return true
    },
    release: async (name, holder) => {
      if (leases.get(name)?.holder === holder) leases.delete(name)
    },
    expire: (name) => {
      const lease = leases.get(name)
      if (lease !== undefined) leases.set(name, { ...lease, expiresAt: now().getTime() })
    },
  }
}
