import t from 'tap'
import { alertsIn, readRules, recordsIn } from '../../prometheus/src/rule-files.ts'
import { dashboards } from '../src/dashboards.ts'
import { BURN_LIMITS, OBJECTIVES } from '../src/slos/objectives.ts'
import { panelsOf } from './queries.ts'

const rules = await readRules()

const expressionsOf = (name: string): string =>
  alertsIn(rules)
    .filter(({ alert }) => alert === name)
    .map(({ expr }) => expr)
    .join('\n')

t.test('a panel turns red or orange where its alert fires', async (t) => {
  const panels = Object.values(await dashboards()).flatMap(panelsOf)
  for (const [title, alert] of [
    ['Oldest unpublished event', 'OpsOutboxOld'],
    ['Oldest unrecorded report', 'OpsHealthIngestLag'],
    ['UNHEALTHY', 'OpsManyOperatorsUnhealthy'],
    ['Failing requests', 'OpsVaultErrors'],
    ['Failing requests', 'OpsVaultReadErrors'],
    ['Auth errors, 5 min', 'OpsVaultAuthErrors'],
    ['Failures of PostgreSQL', 'OpsPgErrors'],
    ['Certificates expire in', 'OpsCertificateExpiry'],
    ['List of revoked certificates expires in', 'OpsCertificateExpiry'],
    ['Months the log can take', 'OpsPartitionMissing'],
    ['Event loop lag, P99', 'OpsAppOverloaded'],
  ] as const) {
    const [panel] = panels.filter((one) => one.title === title)
    const steps = panel?.fieldConfig?.defaults.thresholds?.steps ?? []
    const limits = steps.flatMap(({ value }) => (value === null ? [] : [value]))
    t.ok(limits.length > 0, title)
    // One ticket is worth orange before many are worth red.
    const worst = title === 'UNHEALTHY' ? limits.slice(-1) : limits
    for (const limit of worst) t.match(expressionsOf(alert), new RegExp(`[<>]=? ${limit}(\\s|$)`), `${title}: ${limit}`)
  }
})

t.test('objectives, their windows and the burn rates that count are those of the rules', async (t) => {
  const budgets = recordsIn(rules).filter(({ record }) => record === 'slo:ops_error_budget:ratio')
  t.strictSame(
    OBJECTIVES.map(({ slo, window }) => ({ slo, window })),
    budgets.map(({ labels }) => labels),
  )
  for (const { slo, window, runbook } of OBJECTIVES) {
    const alerts = alertsIn(rules).filter(({ annotations }) => annotations.runbook_url?.endsWith(`/${runbook}.md`))
    t.equal(alerts.length, 2, runbook)
    const factors = alerts.flatMap(({ expr }) => [
      ...expr.matchAll(new RegExp(`:ratio_rate(\\w+)\\{slo="${slo}"\\} > ([0-9.]+) \\*`, 'g')),
    ])
    t.equal(factors.length, 8, slo)
    for (const [, over = '', factor] of factors) {
      const limit = BURN_LIMITS[window][over as keyof (typeof BURN_LIMITS)['7d']]
      // 6h serves two alerts; the table shows that of the one that wakes.
      t.ok(Number(factor) === limit || (over === '6h' && Number(factor) === 1), `${slo} over ${over}: ${factor}`)
    }
  }
})
