import t from 'tap'
import { aReport, NOON } from '../../test/support/reports.ts'
import { createOperatorIn, deleteOperatorIn, updateOperatorIn } from '../contracts/store-harness.ts'
import { DomainError } from '../errors.ts'
import { memoryPorts } from '../memory/memory-ports.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { HEALTH_THRESHOLD_DEFAULTS } from './health-thresholds.ts'
import { ingestHealthEvent } from './ingest-health-event.ts'
import { watchSilence } from './watch-silence.ts'

async function aWorld() {
  const clock = { second: 0 }
  const ports = memoryPorts({ now: () => new Date(NOON / 1_000 + clock.second * 1_000) })
  const active = async () => {
    const { operatorId } = await createOperatorIn(ports)
    await updateOperatorIn(ports, operatorId, { status: 'ACTIVE' })
    return operatorId
  }
  const report = (...operatorIds: readonly OperatorId[]) =>
    ingestHealthEvent(
      { ...ports, thresholds: HEALTH_THRESHOLD_DEFAULTS },
      operatorIds.map((operatorId) => aReport({ second: clock.second }, { operatorId })),
    )
  return { ports, clock, active, report, look: watchSilence(ports.health) }
}

t.test('an operator is told of when it falls silent and when it reports again, each once', async (t) => {
  const { clock, active, report, look } = await aWorld()
  const [one, other] = [await active(), await active()]
  await report(one, other)
  t.same(await look(), { silent: [], fell: [], returned: [] })
  clock.second = 60
  await report(other)
  t.match(await look(), { silent: [], fell: [], returned: [] }, 'sixty seconds are not over sixty')
  clock.second = 61
  const silent = [{ operatorId: one, lastState: 'HEALTHY', ageSeconds: 61 }]
  t.same(await look(), { silent, fell: silent, returned: [] })
  clock.second = 66
  t.match(await look(), { silent: [{ operatorId: one }], fell: { length: 0 }, returned: { length: 0 } })
  await report(one)
  t.same(await look(), { silent: [], fell: [], returned: [one] })
  t.same(await look(), { silent: [], fell: [], returned: [] })
})

t.test('who is deleted or made inactive is silent no more, but does not report again', async (t) => {
  const { ports, clock, active, report, look } = await aWorld()
  const [deleted, inactive] = [await active(), await active()]
  await report(deleted, inactive)
  clock.second = 61
  t.equal((await look()).fell.length, 2)
  await deleteOperatorIn(ports, deleted)
  await updateOperatorIn(ports, inactive, { status: 'INACTIVE' })
  t.same(await look(), { silent: [], fell: [], returned: [] })
})

t.test('who takes over tells of silences that began a moment ago, not of long ones', async (t) => {
  const { ports, clock, active, report } = await aWorld()
  const [long, recent] = [await active(), await active()]
  await report(long)
  clock.second = 100
  await report(recent)
  clock.second = 170
  const seen = await watchSilence(ports.health)()
  t.same(seen.silent.map(({ operatorId }) => operatorId).toSorted(), [long, recent].toSorted())
  t.match(seen.fell, [{ operatorId: recent }])
  t.equal(seen.fell.length, 1)
})

t.test('a look that fails forgets nothing', async (t) => {
  const { ports, clock, active, report, look } = await aWorld()
  const operatorId = await active()
  await report(operatorId)
  clock.second = 61
  await look()
  await report(operatorId)
  const away = new DomainError('DEPENDENCY_UNAVAILABLE', 'away')
  ports.health.faults.fail('reporting', away)
  await t.rejects(look(), away)
  ports.health.faults.heal()
  t.same(await look(), { silent: [], fell: [], returned: [operatorId] })
})
