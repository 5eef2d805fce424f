import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { NoUnit, PercentUnit } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { badAbove, badBelow } from '../kit/thresholds.ts'
import { timeSeries } from '../kit/time-series.ts'
import { BURN_LIMITS, indicators, type Objective } from './objectives.ts'

const indicator = (objective: Objective): Panel =>
  timeSeries({
    title: `${objective.title}: promise`,
    description: `${objective.promise} Over ${objective.window}; the dashed line is the promise.`,
    runbooks: [objective.runbook],
    unit: objective.unit,
    queries: indicators(objective),
    thresholds: objective.isLatency ? badAbove({ critical: objective.limit }) : badBelow({ critical: objective.limit }),
    ...(objective.isLatency ? {} : { fromZero: false, max: 1 }),
    width: 8,
  })

const burn = ({ slo, title, window, runbook }: Objective): Panel =>
  timeSeries({
    title: `${title}: burn rate`,
    description: `How many times faster than allowed the budget burns. 1 uses it up in exactly ${window}; above the red line over 1h somebody is woken.`,
    runbooks: [runbook],
    unit: NoUnit,
    queries: ['5m', '1h', '6h', '3d'].map((over) => ({
      expr: `slo:ops_bad_events:ratio_rate${over}{slo="${slo}"} / on (slo) slo:ops_error_budget:ratio`,
      legend: over,
    })),
    thresholds: badAbove({ warning: 1, critical: BURN_LIMITS[window]['1h'] }),
    width: 8,
  })

const budget = ({ slo, title, window, runbook }: Objective): Panel =>
  timeSeries({
    title: `${title}: budget left`,
    description: `What is left of what may go wrong in ${window}. At 0 the objective is missed. A step down is one incident, a slope is every day.`,
    runbooks: [runbook],
    unit: PercentUnit,
    queries: [{ expr: `slo:ops_error_budget:remaining_ratio{slo="${slo}"}`, legend: 'left' }],
    thresholds: badBelow({ warning: 0.25, critical: 0 }),
    fromZero: false,
    max: 1,
    width: 8,
  })

export const objectiveRow = (objective: Objective): Row => ({
  title: objective.title,
  panels: [indicator(objective), burn(objective), budget(objective)],
})
