import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type Charge, chargeKey, type Order } from './charge.ts'
import { endTree } from './processes.ts'

// Outlives every polite request: it has work to do exactly when everything around it is being ended.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined)

const charges = new Map<string, Charge>()

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { order, charge } = JSON.parse(line) as Order
    if (order === 'watch') charges.set(chargeKey(charge), charge)
    else charges.delete(chargeKey(charge))
  })
  .on('close', () => void reap())

async function reap(): Promise<void> {
  // Folders last: a server that still runs would write into them.
  const inOrder = [
    [...charges.values()].filter((c) => c.kind !== 'folder'),
    [...charges.values()].filter((c) => c.kind === 'folder'),
  ]
  for (const group of inOrder) await Promise.allSettled(group.map(end))
  process.exit(0)
}

async function end(charge: Charge): Promise<void> {
  switch (charge.kind) {
    case 'process':
      return endTree(charge, { signal: charge.endSignal, withinMs: charge.withinMs })
    case 'folder':
      return rm(charge.path, { recursive: true, force: true, maxRetries: 5 })
    case 'container': {
      const { removeContainer } = await import('../containers/engine.ts')
      return removeContainer(charge)
    }
  }
}
