import { createdOperator, type Service, startWrites } from '@oms/testkit'
import { JSONCodec } from 'nats'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Caller, Target } from '../process/caller.ts'
import type { Remote } from '../process/remote.ts'

const OPERATORS = 100
const REPORTS_EACH_TICK = 50
const TICK_MS = 100
const SNAPSHOT_EVERY_MS = 5_000
const LANES = 4
const PAUSE_MS = 10
const INBOUND = 'operator.health.inbound.v1'

const codec = JSONCodec()

export type Load = Readonly<{
  /** What callers were answered, for people. Rejects with what went wrong. */
  ended: Promise<string>
}>

/** A working day at once, for so long: reads, changes, credentials, snapshots, and 500 reports a second. */
export async function startLoad(
  { service, caller }: Readonly<{ service: Service; caller: Remote<Caller> }>,
  milliseconds: number,
): Promise<Load> {
  const operators = await Promise.all(Array.from({ length: OPERATORS }, () => createdOperator(service.admin)))
  const ids = operators.map(({ operatorId }) => operatorId)
  const { cert, key } = service.pki.clients['smpp-connector']
  const admin: Target = {
    url: service.app('admin-api').url,
    // Outlives the longest run.
    headers: { authorization: `Bearer ${await service.token({ expiresIn: '1 hour' })}` },
  }
  const internal: Target = { url: service.app('internal-api').url, tls: { cert, key, ca: service.pki.ca } }
  const gets = { connections: LANES, milliseconds, pauseMs: PAUSE_MS }
  const work = async (): Promise<string> => {
    const writes = startWrites(() => service.admin, { lanes: 2, operatorsPerLane: 20, pauseMs: 50 })
    const [reads, peers, snapshots, reports] = await Promise.all([
      caller.ask('getRate', { target: admin, paths: ids.flatMap(adminPaths), ...gets }),
      caller.ask('getRate', { target: internal, paths: ids.flatMap(peerPaths), ...gets }),
      takeSnapshots({ caller, internal, milliseconds }),
      publishReports({ service, ids, milliseconds }),
    ])
    const seconds = milliseconds / 1_000
    const changes = (await writes.stop()).length / seconds
    return `per second ${reads.toFixed(0)} reads and ${changes.toFixed(0)} changes of the admin API, ${peers.toFixed(0)} reads of the internal API, ${(snapshots / seconds).toFixed(1)} snapshots, ${(reports / seconds).toFixed(0)} reports`
  }
  return { ended: work() }
}

const adminPaths = (id: string): string[] => [
  `/v1/admin/operators/${id}`,
  `/v1/admin/operators/${id}/routing-rules`,
  '/v1/admin/operators?limit=20',
]

const peerPaths = (id: string): string[] =>
  ['', '/credentials', '/health'].map((what) => `/v1/internal/operators/${id}${what}`)

async function takeSnapshots({
  caller,
  internal,
  milliseconds,
}: Readonly<{ caller: Remote<Caller>; internal: Target; milliseconds: number }>): Promise<number> {
  const since = performance.now()
  let taken = 0
  for (; performance.now() - since < milliseconds; taken++) {
    await caller.ask('download', { target: internal, path: '/v1/internal/operators' })
    await sleep(SNAPSHOT_EVERY_MS)
  }
  return taken
}

/** Each operator in turn, mostly well, now and then with errors or without a bind. */
async function publishReports({
  service,
  ids,
  milliseconds,
}: Readonly<{ service: Service; ids: readonly string[]; milliseconds: number }>): Promise<number> {
  const { nats } = service.events
  const since = performance.now()
  let sent = 0
  while (performance.now() - since < milliseconds) {
    for (let each = 0; each < REPORTS_EACH_TICK; each++, sent++) {
      const report = {
        schemaVersion: '1',
        eventId: randomUUID(),
        operatorId: ids[sent % ids.length],
        at: new Date().toISOString(),
        bindState: sent % 997 === 0 ? 'UNBOUND' : 'BOUND',
        errorRate: sent % 89 === 0 ? 0.3 : 0.01,
      }
      nats.publish(INBOUND, codec.encode(report))
    }
    await sleep(TICK_MS)
  }
  return sent
}
