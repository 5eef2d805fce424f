import { type Monitor, startPrometheus } from '@oms/devstack/monitoring'
import type { Service } from '@oms/testkit'

const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const
const SCRAPE_EVERY_MS = 1_000
const EVALUATE_EVERY_MS = 500

/** Prometheus that scrapes one replica of each app, with the rules of these files. */
export const startPrometheusBeside = (
  service: Service,
  { rules, alertmanager }: Readonly<{ rules: readonly string[]; alertmanager: Monitor }>,
): Promise<Monitor> =>
  startPrometheus({
    rules,
    targets: Object.fromEntries(APPS.map((app) => [app, [service.app(app).managementUrl]])),
    alertmanagers: [alertmanager.url],
    scrapeEveryMs: SCRAPE_EVERY_MS,
    evaluateEveryMs: EVALUATE_EVERY_MS,
  })
