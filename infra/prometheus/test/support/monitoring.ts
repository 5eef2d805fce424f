import { startAlertmanager, withReceivers } from '@oms/devstack/monitoring'
import type { Service } from '@oms/testkit'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startPrometheusBeside } from './prometheus-beside.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import type { Monitors } from './runbook-state.ts'
import { shortenRouting, shortenRules } from './shorten.ts'

/** A minute of the rules is 1.3 s here, so that what must hold for a minute outlives one scrape that failed. */
const RULES_FACTOR = 1 / 45
const ROUTING_FACTOR = 1 / 300

const HERE = resolve(import.meta.dirname, '../..')

/** An alert in Prometheus, told or not. */
export type Alert = Readonly<{ alert: string; job: string; state: 'pending' | 'firing' }>

export type Monitoring = Readonly<{
  receiver: Receiver
  at: Monitors
  alerts(): Promise<readonly Alert[]>
  /** The value of each series by its job. */
  query(expression: string): Promise<Readonly<Record<string, number>>>
  /** What is wrong with the evaluation of rules. */
  complaints(): Promise<readonly string[]>
}>

type Rules = Readonly<{ groups: readonly { rules: readonly { name: string; lastError?: string }[] }[] }>
type Alerts = Readonly<{ alerts: readonly { labels: Record<string, string>; state: Alert['state'] }[] }>
type Vector = Readonly<{ result: readonly { metric: Record<string, string>; value: readonly [number, string] }[] }>

/**
 * The real Prometheus and Alertmanager beside the service, with the rules and the routing of this folder in a shorter
 * time. Burn rates are left out: after an outage they rightly go on telling what it has cost.
 */
export async function monitor(service: Service, into: AsyncDisposableStack): Promise<Monitoring> {
  const receiver = into.use(await startReceiver())
  const routing = await readFile(join(HERE, 'alertmanager.yml'), 'utf8')
  const webhook = () => ({ webhook_configs: [{ url: receiver.url, send_resolved: true }] })
  const alertmanager = into.use(
    await startAlertmanager({ config: withReceivers(shortenRouting(routing, ROUTING_FACTOR), webhook) }),
  )
  const rules = await shortRules(join(service.folder, 'rules'))
  const prometheus = into.use(await startPrometheusBeside(service, { rules, alertmanager }))
  // https://prometheus.io/docs/prometheus/2.42/querying/api/
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${prometheus.url}/api/v1/${path}`, { signal: AbortSignal.timeout(10_000) })
    return ((await answer.json()) as { data: unknown }).data
  }
  return {
    receiver,
    at: { prometheus: prometheus.url, alertmanager: alertmanager.url },
    alerts: async () =>
      ((await ask('alerts')) as Alerts).alerts.map(({ labels, state }) => ({
        alert: labels.alertname ?? '',
        job: labels.job ?? '',
        state,
      })),
    query: async (expression) => {
      const { result } = (await ask(`query?query=${encodeURIComponent(expression)}`)) as Vector
      return Object.fromEntries(result.map(({ metric, value }) => [metric.job ?? '', Number(value[1])]))
    },
    complaints: async () =>
      ((await ask('rules')) as Rules).groups.flatMap(({ rules }) =>
        rules.flatMap(({ name, lastError }) => (lastError ? [`${name}: ${lastError}`] : [])),
      ),
  }
}

async function shortRules(folder: string): Promise<readonly string[]> {
  await mkdir(folder)
  const names = (await readdir(join(HERE, 'rules'))).filter((name) => !name.startsWith('slo'))
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      await writeFile(path, shortenRules(await readFile(join(HERE, 'rules', name), 'utf8'), RULES_FACTOR))
      return path
    }),
  )
}
