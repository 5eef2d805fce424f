import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isFree } from '../ports.ts'
import { CHECKOUT } from '../start/layout.ts'
import { startAlertmanager } from './alertmanager.ts'
import { startPrometheus } from './prometheus.ts'
import { withReceivers } from './receivers.ts'

const OURS = join(CHECKOUT, 'infra/prometheus')
const EVERY = { scrapeEveryMs: 500, evaluateEveryMs: 500 }

const folder = await mkdtemp(join(tmpdir(), 'oms-monitoring-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

t.test(
  'both run with our rules and routes, take another port when theirs is taken, and leave their data only',
  async (t) => {
    const said: string[] = []
    const onProgress = (line: string) => void said.push(line)
    const config = withReceivers(await readFile(join(OURS, 'alertmanager.yml'), 'utf8'))
    const alertmanager = await startAlertmanager({ config })
    const { port } = alertmanager.server
    const dir = join(folder, 'prometheus')
    const prometheus = await startPrometheus({
      ...EVERY,
      targets: { alertmanager: [alertmanager.url] },
      rules: [join(OURS, 'rules/*.yml')],
      alertmanagers: [alertmanager.url],
      dir,
      port,
      onProgress,
    })
    t.same(said, [`Port ${port} is taken, so Prometheus takes ${prometheus.server.port}`])
    const { data } = (await (await fetch(`${prometheus.url}/api/v1/rules`)).json()) as { data: { groups: object[] } }
    t.ok(data.groups.length >= (await readdir(join(OURS, 'rules'))).length)

    await prometheus[Symbol.asyncDispose]()
    await alertmanager[Symbol.asyncDispose]()
    t.same(await Promise.all([port, prometheus.server.port].map(isFree)), [true, true])
    t.ok(existsSync(join(dir, 'prometheus/data/wal')))
  },
)

t.test('rules that Prometheus refuses are told with its own words', async (t) => {
  const rules = join(folder, 'wrong.yml')
  await writeFile(rules, 'groups: [{ name: wrong, rules: [{ alert: Wrong, expr: "rate(" }] }]')
  await t.rejects(startPrometheus({ ...EVERY, targets: {}, rules: [rules], alertmanagers: [] }), {
    message: /^Prometheus did not start: .*wrong\.yml/s,
  })
})
