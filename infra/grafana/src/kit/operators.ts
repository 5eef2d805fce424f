import type { Panel, Threshold } from '@grafana/grafana-foundation-sdk/dashboard'
import { Short } from '@grafana/grafana-foundation-sdk/units'
import type { SEVERITY_OF_HEALTH } from './mappings.ts'
import { whileReached } from './query.ts'
import type { Runbook } from './runbooks.ts'
import { stat } from './stat.ts'
import { badAbove, BLUE, GREEN } from './thresholds.ts'

type State = keyof typeof SEVERITY_OF_HEALTH
type Meaning = Readonly<{ description: string; thresholds: readonly Threshold[]; runbook: Runbook }>

const MEANINGS: Readonly<Record<State, Meaning>> = {
  HEALTHY: {
    description: 'Operators that are bound, with few errors.',
    thresholds: [{ value: null, color: GREEN }],
    runbook: 'operators-unhealthy',
  },
  UNKNOWN: {
    description: 'Operators that nobody reports on; those that were not ACTIVE yet among them.',
    thresholds: [{ value: null, color: BLUE }],
    runbook: 'health-silent',
  },
  DEGRADED: {
    description: 'Operators with over 5 % errors for a minute. Routing prefers others.',
    thresholds: badAbove({ warning: 1 }),
    runbook: 'operators-unhealthy',
  },
  UNHEALTHY: {
    description:
      'Operators without a bind, or with over 20 % errors for a minute. Routing leaves them out. From three on, and a fifth of all, it is rather something that they share.',
    thresholds: badAbove({ warning: 1, critical: 3 }),
    runbook: 'operators-unhealthy',
  },
}

/**
 * While the relay moves, two replicas may tell of the same operator. While none leads it nobody tells of any, and none is
 * not 0.
 */
const countOf = (state: State): string =>
  `count(max by (operator_id) (ops_operator_health{state="${state}"}) == 1) or vector(0) and on () sum(ops_relay_leader) > 0`

/** How many live operators show a state; that is known while some replica leads the relay. */
export function operatorsShowing({ state, title, width }: { state: State; title: string; width: number }): Panel {
  const { description, thresholds, runbook } = MEANINGS[state]
  return stat({
    title,
    description,
    runbooks: [runbook],
    unit: Short,
    queries: [{ expr: countOf(state) }],
    thresholds,
    noValue: 'unknown',
    width,
  })
}

export const silentOperators = ({ title, width }: { title: string; width: number }): Panel =>
  stat({
    title,
    description:
      'ACTIVE operators without a report for 60 s: they are shown as UNKNOWN. All at once: no reports arrive, or none is recorded.',
    runbooks: ['health-silent', 'health-no-reports'],
    unit: Short,
    queries: [{ expr: `sum(max by (state) (${whileReached('ops_health_silent_operators', 'postgres')}))` }],
    thresholds: badAbove({ warning: 1 }),
    noValue: 'unknown',
    width,
  })
