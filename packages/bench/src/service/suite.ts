import type { Suite } from '../suite.ts'
import { createOperatorBench } from './create-operator.ts'
import { credentialsBench } from './credentials.ts'
import { getOperatorBench } from './get-operator.ts'
import { startRunning } from './running-service.ts'
import { snapshotBench } from './snapshot.ts'

/** The last one fills the database. */
const BENCHES = {
  'service.create-operator': createOperatorBench,
  'service.get-operator': getOperatorBench,
  'service.credentials': credentialsBench,
  'service.snapshot': snapshotBench,
} as const

/** What its callers wait for, with all its processes running as in production. */
export const service: Suite = {
  benches: Object.keys(BENCHES),
  async run(chosen, tools) {
    const running = await startRunning(tools)
    const found = []
    for (const [name, bench] of Object.entries(BENCHES)) {
      if (!chosen.has(name)) continue
      tools.tell.now(name)
      found.push(await bench(running, tools))
    }
    return {
      results: found.flatMap(({ results }) => results),
      notes: found.flatMap(({ notes }) => notes),
      versions: await versionsOf(running),
      faults: [],
    }
  },
}

async function versionsOf({ service }: Awaited<ReturnType<typeof startRunning>>) {
  const [postgres] = await service.sql<{ version: string }[]>`SELECT current_setting('server_version') AS version`
  const redis = /redis_version:(\S+)/.exec(await service.cache.info('server'))?.[1]
  return {
    PostgreSQL: postgres?.version ?? 'unknown',
    Redis: redis ?? 'unknown',
    NATS: service.events.nats.info?.version ?? 'unknown',
  }
}
