import { dashboard } from '../kit/dashboard.ts'
import { changes } from './changes.ts'
import { firstScreen } from './first-screen.ts'
import { ingest } from './ingest.ts'
import { refused } from './refused.ts'
import { stateMap } from './state-map.ts'

export const health = () =>
  dashboard({
    uid: 'oms-health',
    title: 'Operator health',
    description: 'The health of every operator, how it changes, and the way of a report from JetStream to Redis.',
    tags: ['health'],
    rows: [firstScreen(), stateMap(), changes(), ingest(), refused()],
  })
