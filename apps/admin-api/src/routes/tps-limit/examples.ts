import type { ApiExamples } from '@oms/adapters/http'

const tpsLimit = { maxTps: 250, burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' }

export const tpsLimitExamples: ApiExamples = {
  getTpsLimit: { response: tpsLimit },
  setTpsLimit: { request: { maxTps: 250 }, response: tpsLimit },
}
