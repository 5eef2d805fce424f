import type { Suite } from '../suite.ts'
import { measureCatchUp } from './catch-up.ts'
import { measureIngest } from './ingest.ts'
import { startIngestor } from './ingestor.ts'
import { measureLatency } from './latency.ts'

/** What the health-ingestor makes of the reports of 10,000 operators. */
export const health: Suite = {
  benches: ['health.ingest', 'health.latency', 'health.catch-up'],
  async run(chosen, tools) {
    const ingestor = await startIngestor(tools)
    const ingested = chosen.has('health.ingest') ? await measureIngest(ingestor, tools) : undefined
    const late = chosen.has('health.latency') ? await measureLatency(ingestor, tools) : undefined
    const caughtUp = chosen.has('health.catch-up') ? await measureCatchUp(ingestor, tools) : undefined
    return {
      results: [
        ...(ingested ? [ingested.result] : []),
        ...(late?.results ?? []),
        ...(caughtUp ? [caughtUp.result] : []),
      ],
      versions: ingestor.versions,
      notes: [...(ingested ? [ingested.note] : []), ...(late?.notes ?? [])],
      faults: [...(late?.faults ?? []), ...(caughtUp?.faults ?? [])],
    }
  },
}
