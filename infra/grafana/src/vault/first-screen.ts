import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { UP_OR_DOWN } from '../kit/mappings.ts'
import { stat } from '../kit/stat.ts'
import { badAbove } from '../kit/thresholds.ts'

const reached = (): Panel =>
  stat({
    title: 'Vault, as the apps see it',
    description: 'DOWN: a replica of this app does not reach Vault, or Vault is sealed.',
    runbooks: ['vault-unavailable', 'vault-read-errors'],
    unit: Short,
    queries: [{ expr: 'min by (job) (ops_dependency_up{dependency="vault"})', legend: '{{job}}' }],
    mappings: [UP_OR_DOWN],
    showNames: true,
    width: 4,
  })

/** What the alerts count; refused logins and renewals are auth errors. */
const WORK = 'op=~"read|write|metadata|destroy"'

const failing = (): Panel =>
  stat({
    title: 'Failing requests',
    description:
      'Share of the requests of the last minute that failed, or were not even sent because the circuit was open. Logins do not count.',
    runbooks: ['vault-unavailable', 'vault-read-errors'],
    unit: PercentUnit,
    queries: [
      {
        expr:
          `sum by (job) (rate(ops_vault_requests_total{${WORK}, result=~"error|circuit_open"}[1m]))` +
          ` / sum by (job) (rate(ops_vault_requests_total{${WORK}}[1m]))`,
        legend: '{{job}}',
      },
    ],
    thresholds: badAbove({ critical: 0.1 }),
    showNames: true,
    decimals: 1,
    width: 4,
  })

type Counted = Pick<Parameters<typeof stat>[0], 'title' | 'description' | 'runbooks' | 'thresholds'> & {
  of: string
  window: string
}

const counted = ({ of, window, ...spec }: Counted): Panel =>
  stat({ ...spec, unit: Short, queries: [{ expr: `sum(increase(${of}[${window}]))` }], decimals: 0, width: 4 })

const authErrors = (): Panel =>
  counted({
    title: 'Auth errors, 5 min',
    description:
      'Vault refused our login or our token. One or two: a token that it forgot, mended by itself. More: the role or its policy changed.',
    runbooks: ['vault-auth-errors'],
    thresholds: badAbove({ critical: 3 }),
    of: 'ops_vault_requests_total{result="auth_error"}',
    window: '5m',
  })

const circuitOpen = (): Panel =>
  counted({
    title: 'Circuit open, 5 min',
    description: 'Requests that were answered with 503 at once because Vault failed several times before.',
    runbooks: ['vault-unavailable', 'vault-read-errors'],
    thresholds: badAbove({ critical: 0.5 }),
    of: 'ops_vault_requests_total{result="circuit_open"}',
    window: '5m',
  })

const missing = (): Panel =>
  counted({
    title: 'Credentials missing, 15 min',
    description: 'Reads of credentials whose operator is there and whose secret is gone.',
    runbooks: ['credentials-missing'],
    thresholds: badAbove({ critical: 0.5 }),
    of: 'ops_credentials_read_total{result="missing"}',
    window: '15m',
  })

const blocked = (): Panel =>
  counted({
    title: 'Rotations blocked, 1 h',
    description: 'Rotations refused because unfinished ones of the same operator piled up in Vault.',
    runbooks: ['rotations-blocked'],
    thresholds: badAbove({ warning: 0.5 }),
    of: 'ops_rotations_blocked_total',
    window: '1h',
  })

export const firstScreen = (): Row => ({
  title: 'Is anything wrong?',
  panels: [reached(), failing(), authErrors(), circuitOpen(), missing(), blocked()],
})
