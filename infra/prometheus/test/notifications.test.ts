import { startAlertmanager } from '@oms/devstack/monitoring'
import { until } from '@oms/testkit'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { shortenRouting } from './support/shorten.ts'

type Told = Readonly<{ path: string | undefined; authorization: string | undefined; body: unknown }>
type Config = { receivers: { pagerduty_configs?: { url?: string }[]; webhook_configs?: { url: string }[] }[] }

const RUNBOOKS = 'https://runbooks.example.com/runbooks'
const SECRETS = '/etc/alertmanager/secrets'

/** PagerDuty, Slack and the dead man's switch in one. */
async function startReceivers(into: AsyncDisposableStack) {
  const told: Told[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      told.push({ path: request.url, authorization: request.headers.authorization, body: JSON.parse(body) as unknown })
      response.end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  into.defer(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told }
}

t.test(
  'each receiver is told in its own form, with the secret of its file, what is wrong and where to read',
  async (t) => {
    await using opened = new AsyncDisposableStack()
    const { url, told } = await startReceivers(opened)
    const secrets = await mkdtemp(join(tmpdir(), 'oms-alertmanager-'))
    opened.defer(() => rm(secrets, { recursive: true }))
    await writeFile(join(secrets, 'pagerduty-routing-key'), 'the-routing-key')
    await writeFile(join(secrets, 'slack-webhook-url'), `${url}/slack`)
    await writeFile(join(secrets, 'heartbeat-token'), 'the-token')

    const original = await readFile(join(import.meta.dirname, '../alertmanager.yml'), 'utf8')
    const config = parse(shortenRouting(original.replaceAll(SECRETS, secrets), 1 / 100)) as Config
    for (const { pagerduty_configs = [], webhook_configs = [] } of config.receivers) {
      for (const pager of pagerduty_configs) pager.url = `${url}/pagerduty`
      for (const webhook of webhook_configs) webhook.url = `${url}/heartbeat`
    }
    const alertmanager = opened.use(await startAlertmanager({ config: stringify(config) }))

    const alert = (labels: Readonly<Record<string, string>>, summary: string, runbook: string) => ({
      labels,
      annotations: { summary, description: `${summary}, said at length.`, runbook_url: `${RUNBOOKS}/${runbook}.md` },
    })
    const vault = { severity: 'critical', dependency: 'vault' }
    const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        alert({ alertname: 'OpsVaultErrors', job: 'admin-api', ...vault }, 'No writes', 'vault-unavailable'),
        alert({ alertname: 'OpsVaultReadErrors', job: 'internal-api', ...vault }, 'No reads', 'vault-read-errors'),
        alert(
          { alertname: 'OpsAdminAvailabilityBurn', severity: 'critical', depends_on: 'postgres,vault' },
          'No',
          'slo',
        ),
        alert({ alertname: 'OpsOutboxParked', severity: 'warning' }, 'Set aside', 'outbox-parked'),
        alert({ alertname: 'OpsWatchdog', severity: 'none' }, 'All is well', 'watchdog'),
      ]),
    })
    t.equal(answer.status, 200)
    const of = (path: string) => told.filter((each) => each.path === path)
    await until('all to be told', async () =>
      ['/pagerduty', '/slack', '/heartbeat'].every((path) => of(path).length > 0) ? told : undefined,
    )

    t.match(of('/pagerduty')[0]?.body, {
      routing_key: 'the-routing-key',
      event_action: 'trigger',
      payload: { severity: 'critical', summary: /^(No writes\. No reads\.|No reads\. No writes\.)/ },
      links: [{ href: new RegExp(`^${RUNBOOKS}/vault-`), text: 'Runbook' }],
    })
    t.match(of('/slack')[0]?.body, {
      attachments: [
        {
          title: 'FIRING OpsOutboxParked',
          text: `Set aside. Set aside, said at length. <${RUNBOOKS}/outbox-parked.md|Runbook>`,
        },
      ],
    })
    t.match(of('/heartbeat')[0], {
      authorization: 'Bearer the-token',
      body: { status: 'firing', alerts: [{ labels: { alertname: 'OpsWatchdog' } }] },
    })
    t.notMatch(JSON.stringify(told), 'OpsAdminAvailabilityBurn', 'what follows from Vault is not told')
  },
)
