import { randomUUID } from 'node:crypto'
import { JSONCodec } from 'nats'
import { until } from '../clients/index.ts'
import type { Tools } from '../tour/open-tour.ts'
import { type Figure, figure } from './percentiles.ts'

const REPORTS = 400

/** From the publish of a report to its key in Redis, one report at a time, as seen from outside. */
export async function measureHealth({ events, redis }: Tools, operatorIds: readonly string[]): Promise<Figure> {
  const codec = JSONCodec()
  const samples: number[] = []
  for (let index = 0; index < REPORTS; index++) {
    const operatorId = operatorIds[index % operatorIds.length] ?? ''
    const errorRate = index / 1_000_000
    const report = {
      schemaVersion: '1',
      eventId: randomUUID(),
      operatorId,
      at: new Date().toISOString(),
      bindState: 'BOUND',
      errorRate,
    }
    const since = performance.now()
    events.nats.publish('operator.health.inbound.v1', codec.encode(report))
    await until('the key', async () => {
      const value = await redis.get(`ops:health:${operatorId}`)
      return value?.includes(`"errorRate":${errorRate},`) ? value : undefined
    })
    samples.push(performance.now() - since)
  }
  return figure('health report → key in Redis', samples)
}
