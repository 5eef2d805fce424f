import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { NoUnit, PercentUnit } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { wordsFor } from '../kit/mappings.ts'
import { stat } from '../kit/stat.ts'
import { COLOURED, table } from '../kit/table.ts'
import { badAbove, badBelow } from '../kit/thresholds.ts'
import { BURN_LIMITS, OBJECTIVES, type Window } from './objectives.ts'

const NAMES = wordsFor(Object.fromEntries(OBJECTIVES.map(({ slo, title }) => [slo, { text: title }])))
const WAKES = ['5m', '30m', '1h', '6h']

const budgets = (): Panel =>
  stat({
    title: 'Error budget left',
    description:
      'Of what each objective allows to go wrong in its window. Below 0: the objective is missed, risky changes wait. What burns it now stands below.',
    runbooks: OBJECTIVES.map(({ runbook }) => runbook),
    unit: PercentUnit,
    queries: OBJECTIVES.map(({ slo, title, window }) => ({
      expr: `slo:ops_error_budget:remaining_ratio{slo="${slo}"}`,
      legend: `${title}, ${window}`,
    })),
    thresholds: badBelow({ warning: 0.25, critical: 0 }),
    showNames: true,
    decimals: 0,
    width: 24,
    height: 6,
  })

/** How fast the budget burns in each window, as a multiple of what lasts exactly for the objective's window. */
function burnRates(window: Window): Panel {
  const limits = Object.entries(BURN_LIMITS[window])
  return table({
    title: `Burn rates of ${window} objectives`,
    description:
      'How many times faster than allowed the budget burns, over each window. Somebody is woken when 1h and 5m are red together, or 6h and 30m; a ticket comes of 1d with 2h, and of 3d.',
    runbooks: OBJECTIVES.filter((one) => one.window === window).map(({ runbook }) => runbook),
    unit: NoUnit,
    queries: limits.map(([over]) => ({
      expr: `slo:ops_bad_events:ratio_rate${over} / on (slo) slo:ops_error_budget:ratio{window="${window}"}`,
    })),
    columns: {
      slo: 'Objective',
      ...Object.fromEntries(limits.map(([over], index) => [`Value #${String.fromCharCode(65 + index)}`, over])),
    },
    shown: {
      Objective: [{ id: 'mappings', value: [NAMES] }],
      ...Object.fromEntries(
        limits.map(([over, limit]) => {
          const steps = badAbove(WAKES.includes(over) ? { critical: limit } : { warning: limit })
          return [
            over,
            [COLOURED, { id: 'decimals', value: 1 }, { id: 'thresholds', value: { mode: 'absolute', steps } }],
          ]
        }),
      ),
    },
    width: 12,
    height: 7,
  })
}

export const firstScreen = (): Row => ({
  title: 'Is anything wrong?',
  panels: [budgets(), burnRates('30d'), burnRates('7d')],
})
