import { monitoringPrograms } from '@oms/devstack/monitoring'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { shortenDuration, shortenExpression, shortenRouting, shortenRules } from './support/shorten.ts'

const RULES = resolve(import.meta.dirname, '../rules')

t.test('every unit of a duration is understood, and 0 stays 0', (t) => {
  t.same(
    ['1y', '2w', '1d', '1h30m', '15s', '500ms', '0s', '1s'].map((duration) => shortenDuration(duration, 1 / 60)),
    ['525600000ms', '20160000ms', '1440000ms', '90000ms', '250ms', '8ms', '0s', '17ms'],
  )
  for (const wrong of ['', '5', '5 m', 'm', '1.5m']) t.throws(() => shortenDuration(wrong, 1), RangeError)
  t.end()
})

t.test('ranges, subqueries and offsets of an expression are shortened, and nothing else', (t) => {
  t.equal(
    shortenExpression(
      'sum by (job) (rate(a:rate5m{le="1m", x="[5m]"}[5m] offset 1h)) > 300 or max_over_time(b[30d:1m]) > 5 # [1m]\n',
      1 / 60,
    ),
    'sum by (job) (rate(a:rate5m{le="1m", x="[5m]"}[5000ms] offset 60000ms)) > 300 or max_over_time(b[43200000ms:1000ms]) > 5 # [1m]\n',
  )
  t.throws(() => shortenExpression('rate(a[5m]', 1), SyntaxError)
  t.end()
})

t.test('rules hold, linger and are evaluated in a shorter time, and say what they said', (t) => {
  const rules = `
groups:
  - name: a
    interval: 1m
    rules:
      - record: a:rate5m
        expr: rate(a[5m])
      - alert: A
        expr: a:rate5m > 60
        for: 2m
        keep_firing_for: 5m
        labels: { severity: critical, interval: long }
        annotations: { summary: in the last 5m }
`
  t.throws(() => shortenRules(rules, 0.5), /not a duration: long/, 'a label that is named like a setting is told')
  t.same(parse(shortenRules(rules.replace('interval: long', 'window: 5m'), 0.5)), {
    groups: [
      {
        name: 'a',
        interval: '30000ms',
        rules: [
          { record: 'a:rate5m', expr: 'rate(a[150000ms])' },
          {
            alert: 'A',
            expr: 'a:rate5m > 60',
            for: '60000ms',
            keep_firing_for: '150000ms',
            labels: { severity: 'critical', window: '5m' },
            annotations: { summary: 'in the last 5m' },
          },
        ],
      },
    ],
  })
  t.end()
})

t.test('routing waits, groups and repeats in a shorter time', (t) => {
  const routing = `
global: { resolve_timeout: 5m }
route: { receiver: a, group_wait: 30s, routes: [{ receiver: b, group_interval: 5m, repeat_interval: 4h }] }
`
  t.same(parse(shortenRouting(routing, 0.1)), {
    global: { resolve_timeout: '30000ms' },
    route: {
      receiver: 'a',
      group_wait: '3000ms',
      routes: [{ receiver: 'b', group_interval: '30000ms', repeat_interval: '1440000ms' }],
    },
  })
  t.end()
})

t.test('promtool accepts our rules when they are shortened', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'oms-rules-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const names = (await readdir(RULES)).filter((name) => name.endsWith('.yml'))
  for (const name of names)
    await writeFile(join(folder, name), shortenRules(await readFile(join(RULES, name), 'utf8'), 1 / 30))
  const { promtool } = await monitoringPrograms()
  const { stdout } = await promisify(execFile)(promtool, ['check', 'rules', ...names.map((name) => join(folder, name))])
  t.equal(stdout.match(/SUCCESS/g)?.length, names.length)
})
