import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startAlertmanager, startPrometheus, withReceivers } from '../monitoring/index.ts'
import type { Progress } from '../service.ts'
import type { AppName } from './app-process.ts'
import type { Layout } from './layout.ts'

const PREFERRED_PORTS = { prometheus: 9090, alertmanager: 9093 } as const
const SCRAPE_EVERY_MS = 5_000

/** URLs. */
export type LocalMonitoring = Readonly<{ prometheus: string; alertmanager: string }>

/** Prometheus with our rules, and Alertmanager with our routes, which tells nobody. `targets`: the management listeners. */
export async function startMonitoring(
  layout: Layout,
  targets: Readonly<Record<AppName, string>>,
  { into, say }: Readonly<{ into: AsyncDisposableStack; say: Progress }>,
): Promise<LocalMonitoring> {
  const infra = join(layout.checkout, 'infra/prometheus')
  const since = performance.now()
  const alertmanager = into.use(
    await startAlertmanager({
      config: withReceivers(await readFile(join(infra, 'alertmanager.yml'), 'utf8')),
      dir: join(layout.monitoring, 'alertmanager'),
      port: PREFERRED_PORTS.alertmanager,
      onProgress: say,
    }),
  )
  const prometheus = into.use(
    await startPrometheus({
      rules: [join(infra, 'rules/*.yml')],
      targets: Object.fromEntries(Object.entries(targets).map(([app, url]) => [app, [url]])),
      alertmanagers: [alertmanager.url],
      scrapeEveryMs: SCRAPE_EVERY_MS,
      evaluateEveryMs: SCRAPE_EVERY_MS,
      dir: join(layout.monitoring, 'prometheus'),
      port: PREFERRED_PORTS.prometheus,
      onProgress: say,
    }),
  )
  say(`Prometheus and Alertmanager are ready (${Math.round(performance.now() - since)} ms)`)
  return { prometheus: prometheus.url, alertmanager: alertmanager.url }
}
