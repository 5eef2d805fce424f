import type { Suite } from '../suite.ts'
import { measureDelivery } from './delivery.ts'
import { startIngestor } from './ingestor.ts'
import { measureRelay } from './relay-throughput.ts'

/** What the relay makes of committed events, as it runs inside an app. */
export const relay: Suite = {
  benches: ['relay.throughput', 'relay.delivery'],
  async run(chosen, tools) {
    const ingestor = await startIngestor(tools)
    // First, for thousands of events leave dead rows behind them that each read passes by until they are vacuumed.
    const delivered = chosen.has('relay.delivery') ? await measureDelivery(ingestor, tools) : undefined
    const relayed = chosen.has('relay.throughput') ? await measureRelay(ingestor, tools) : undefined
    return {
      results: [relayed, delivered].flatMap((found) => found?.result ?? []),
      versions: ingestor.versions,
      notes: delivered === undefined ? [] : [delivered.note],
      faults: relayed?.faults ?? [],
    }
  },
}
