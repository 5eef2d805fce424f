import t from 'tap'
import { aReport, atSecond, NOON } from '../../test/support/reports.ts'
import { createOperatorIn } from '../contracts/store-harness.ts'
import { memoryPorts } from '../memory/memory-ports.ts'
import { HEALTH_THRESHOLD_DEFAULTS } from './health-thresholds.ts'
import { ingestHealthEvent } from './ingest-health-event.ts'

/** Ports whose database says that it is `second` after NOON, and their one operator. */
async function aWorld() {
  const clock = { second: 0 }
  const memory = memoryPorts({ now: () => new Date(NOON / 1_000 + clock.second * 1_000) })
  const { operatorId } = await createOperatorIn(memory)
  return { ports: { ...memory, thresholds: HEALTH_THRESHOLD_DEFAULTS }, clock, operatorId }
}

t.test('a report that waited gives its key what is left of its life', async (t) => {
  const { ports, clock, operatorId } = await aWorld()
  clock.second = 25
  await ingestHealthEvent(ports, [aReport({ second: 0 }, { operatorId })])
  t.equal(ports.healthCache.ttlSeconds(operatorId), 35)
})

t.test('a backlog brings back no key of an operator that fell silent', async (t) => {
  const { ports, clock, operatorId } = await aWorld()
  clock.second = 600
  t.match(await ingestHealthEvent(ports, [aReport({ second: 0 }, { operatorId })]), { accepted: 1 })
  t.equal(await ports.healthCache.get(operatorId), undefined)
  t.match((await ports.health.find(operatorId))?.health, { state: 'HEALTHY', lastReceivedAt: atSecond(0) })
})

t.test('a redelivery prolongs no life beyond that of its report', async (t) => {
  const { ports, clock, operatorId } = await aWorld()
  const report = aReport({ second: 0 }, { operatorId })
  await ingestHealthEvent(ports, [report])
  clock.second = 30
  t.match(await ingestHealthEvent(ports, [report]), { redelivered: 1 })
  t.equal(ports.healthCache.ttlSeconds(operatorId), 30)
})

t.test('a stream whose clock is ahead prolongs nothing', async (t) => {
  const { ports, operatorId } = await aWorld()
  await ingestHealthEvent(ports, [aReport({ second: 10 }, { operatorId })])
  t.equal(ports.healthCache.ttlSeconds(operatorId), 60)
})
