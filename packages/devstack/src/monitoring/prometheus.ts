import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { LOOPBACK } from '../ports.ts'
import { type Monitor, type MonitorOptions, startMonitor } from './monitor.ts'

export type PrometheusOptions = MonitorOptions &
  Readonly<{
    /** By job, the URLs of what is scraped at `/metrics`. */
    targets: Readonly<Record<string, readonly string[]>>
    /** Paths of rule files, patterns allowed. */
    rules: readonly string[]
    /** URLs of who is told of alerts. */
    alertmanagers: readonly string[]
    /** A scrape may take as long. */
    scrapeEveryMs: number
    evaluateEveryMs: number
  }>

/** Rejects with what Prometheus says of rules that it refuses. */
export function startPrometheus(options: PrometheusOptions): Promise<Monitor> {
  return startMonitor('prometheus', options, async ({ home, port, url }) => {
    const config = join(home, 'prometheus.yml')
    await writeFile(config, stringify(configuration(options)))
    return [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      `--web.listen-address=${LOOPBACK}:${port}`,
      `--web.external-url=${url}`,
      '--log.level=warn', // so that its last words are why it ended
      // What fires before it knows its Alertmanagers is told a minute later otherwise.
      `--rules.alert.resend-delay=${options.evaluateEveryMs}ms`,
    ]
  })
}

// https://prometheus.io/docs/prometheus/2.42/configuration/configuration/
function configuration({ targets, rules, alertmanagers, scrapeEveryMs, evaluateEveryMs }: PrometheusOptions) {
  const at = (urls: readonly string[]) => ({ static_configs: [{ targets: urls.map((url) => new URL(url).host) }] })
  return {
    global: {
      scrape_interval: `${scrapeEveryMs}ms`,
      scrape_timeout: `${scrapeEveryMs}ms`,
      evaluation_interval: `${evaluateEveryMs}ms`,
    },
    rule_files: rules,
    alerting: { alertmanagers: [at(alertmanagers)] },
    scrape_configs: Object.entries(targets).map(([job, urls]) => ({ job_name: job, ...at(urls) })),
  }
}
