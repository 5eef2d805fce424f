import type { Test } from 'tap'
import type { LeaseName, Leases } from '../lease/leases.ts'

export type OpenLeases = (
  t: Test,
) => Promise<Readonly<{ leases: Leases /** Lets the lease's 10 s be over. */; expire(name: LeaseName): Promise<void> }>>

export function leasesContract(t: Test, open: OpenLeases): void {
  t.test('a lease has one holder, who may prolong it', async (t) => {
    const { leases } = await open(t)
    t.equal(await leases.hold('relay', 'one'), true)
    t.equal(await leases.hold('relay', 'two'), false)
    t.equal(await leases.hold('relay', 'one'), true)
    t.equal(await leases.hold('relay', 'two'), false)
  })

  t.test('leases are independent of each other', async (t) => {
    const { leases } = await open(t)
    t.equal(await leases.hold('relay', 'one'), true)
    t.equal(await leases.hold('sweeper', 'two'), true)
    t.equal(await leases.hold('partition-keeper', 'three'), true)
  })

  t.test('a released lease is free at once', async (t) => {
    const { leases } = await open(t)
    await leases.hold('relay', 'one')
    await leases.release('relay', 'one')
    t.equal(await leases.hold('relay', 'two'), true)
  })

  t.test('only its holder releases a lease', async (t) => {
    const { leases } = await open(t)
    await leases.hold('relay', 'one')
    await t.resolves(leases.release('relay', 'two'))
    t.equal(await leases.hold('relay', 'two'), false)
    await t.resolves(leases.release('sweeper', 'one'), 'nobody holds it')
  })

  t.test('of many that want a lease at once one gets it', async (t) => {
    const { leases } = await open(t)
    const holders = Array.from({ length: 8 }, (_, index) => `holder-${index}`)
    const held = await Promise.all(holders.map((holder) => leases.hold('relay', holder)))
    t.equal(held.filter(Boolean).length, 1)
  })

  t.test('an expired lease goes to who comes first, and its old holder gets it no more', async (t) => {
    const { leases, expire } = await open(t)
    await leases.hold('relay', 'one')
    await expire('relay')
    t.equal(await leases.hold('relay', 'two'), true)
    t.equal(await leases.hold('relay', 'one'), false)
    await leases.release('relay', 'one')
    t.equal(await leases.hold('relay', 'three'), false)
  })
}
