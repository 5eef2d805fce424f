import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { RequestsPerSecond } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { rateOf } from '../kit/query.ts'
import { timeSeries } from '../kit/time-series.ts'

const byOperation = (): Panel =>
  timeSeries({
    title: 'Requests by operation',
    description:
      '`renew` stops although the process goes on: its token runs out. Many `login`: Vault revokes our tokens.',
    runbooks: ['vault-auth-errors'],
    unit: RequestsPerSecond,
    queries: [{ expr: rateOf('ops_vault_requests_total', 'op'), legend: '{{op}}' }],
    width: 12,
  })

const notOk = (): Panel =>
  timeSeries({
    title: 'Requests that were not ok',
    description:
      '`error` and `circuit_open`: Vault is away or too slow. `auth_error`: it refuses us. `cas_mismatch`: two rotations met, harmless. `not_found`: a secret is gone, or was destroyed already.',
    runbooks: ['vault-unavailable', 'vault-read-errors', 'vault-auth-errors', 'credentials-missing'],
    unit: RequestsPerSecond,
    queries: [
      { expr: `${rateOf('ops_vault_requests_total{result!="ok"}', 'op, result')} > 0`, legend: '{{op}} {{result}}' },
    ],
    noValue: 'All were ok.',
    width: 12,
  })

const reads = (): Panel =>
  timeSeries({
    title: 'Reads of credentials by result',
    description: 'What peers got. `missing`: the secret of an operator is gone. `not_found`: no such operator.',
    runbooks: ['credentials-missing', 'vault-read-errors'],
    unit: RequestsPerSecond,
    queries: [{ expr: rateOf('ops_credentials_read_total', 'result'), legend: '{{result}}' }],
    width: 24,
  })

export const requests = (): Row => ({ title: 'Requests', panels: [byOperation(), notOk(), reads()] })
