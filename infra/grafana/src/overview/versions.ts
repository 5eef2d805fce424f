import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { NoUnit } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { table } from '../kit/table.ts'

const versions = (): Panel =>
  table({
    title: 'Versions',
    description: 'What runs where. Two versions of an app for longer than a rollout: it hangs.',
    runbooks: ['app-restarting'],
    unit: NoUnit,
    queries: [{ expr: 'count by (job, version, node) (ops_build_info)' }],
    columns: { job: 'App', version: 'Version', node: 'Node.js', Value: 'Replicas' },
    sortBy: 'App',
    width: 24,
    height: 6,
  })

export const versionsRow = (): Row => ({ title: 'Versions', panels: [versions()] })
