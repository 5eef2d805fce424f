import { createMetrics } from '@oms/adapters/telemetry'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { blocksOf, indexOf, readRunbooks, RUNBOOKS } from '../src/runbooks.ts'

const RULES = resolve(import.meta.dirname, '../rules')
const ROOT = resolve(RUNBOOKS, '..')
const PARTS = ['Symptom', 'Impact', 'Check', 'Mitigate', 'Why', 'Escalate']
/** What begins as a metric does and is a role or a channel of PostgreSQL. */
const NO_METRICS = ['ops_owner', 'ops_runtime', 'ops_outbox']

type Rule = Readonly<{ alert?: string; annotations?: Readonly<Record<string, string>> }>

const runbooks = readRunbooks()
const readme = runbooks.find(({ file }) => file === 'README.md')?.text ?? ''
const others = runbooks.filter(({ file }) => file !== 'README.md')
const index = indexOf(readme)
const alerts = readdirSync(RULES)
  .filter((file) => file.endsWith('.yml'))
  .flatMap((file) => (parse(readFileSync(join(RULES, file), 'utf8')) as { groups: { rules: Rule[] }[] }).groups)
  .flatMap(({ rules }) => rules)
  .filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined)

t.test('every alert leads to a runbook that is there, the one that the index gives for it', (t) => {
  t.ok(alerts.length >= 20, `${alerts.length} alerts`)
  const fileOf = ({ annotations }: Rule): string =>
    /\/runbooks\/([\w-]+\.md)$/.exec(annotations?.runbook_url ?? '')?.[1] ?? 'none'
  t.same(
    alerts.filter((rule) => !existsSync(join(RUNBOOKS, fileOf(rule)))).map(({ alert }) => alert),
    [],
  )
  t.same(
    alerts.filter((rule) => index.get(fileOf(rule))?.includes(rule.alert) !== true).map(({ alert }) => alert),
    [],
  )
  t.end()
})

t.test('every runbook stands in the index, for alerts that are or as a procedure', (t) => {
  t.same(
    [...index.keys()].sort(),
    others.map(({ file }) => file),
  )
  const known = new Set(alerts.map(({ alert }) => alert))
  t.same(
    [...index.values()].flat().filter((alert) => !known.has(alert)),
    [],
  )
  t.end()
})

t.test('every runbook of an alert has all parts, in their order, each with something to read', (t) => {
  for (const { file, text } of others.filter((each) => (index.get(each.file)?.length ?? 0) > 0)) {
    const found = [...text.matchAll(/^\*\*(\w+)\.\*\* \S/gm)].map(([, part]) => part)
    t.same(found, PARTS, file)
    const check = text.slice(text.indexOf('**Check.**'), text.indexOf('**Mitigate.**'))
    t.ok(
      blocksOf(check).some(({ info }) => info.startsWith('sh')),
      `${file}: a command in its check`,
    )
    t.match(text, /^# \S/, file)
  }
  t.end()
})

t.test('every link of a runbook leads to a file of this repository', (t) => {
  for (const { file, text } of runbooks) {
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
    t.same(
      targets.filter((target) => !existsSync(resolve(RUNBOOKS, target))),
      [],
      file,
    )
  }
  t.end()
})

t.test('every metric that a runbook names is one of ours, or the start of some', async (t) => {
  const texts = await Promise.all(
    (['admin-api', 'internal-api', 'health-ingestor'] as const).map((app) =>
      createMetrics({ app, version: 'test' }).render(),
    ),
  )
  const families = texts.flatMap(({ body }) => [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name))
  const samples = families.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`])
  for (const { file, text } of runbooks) {
    const named = [...text.matchAll(/(?<![\w/:-])(?:ops|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name)
    t.same(
      named.filter((name) => !NO_METRICS.includes(name) && !samples.some((known) => known.startsWith(name))),
      [],
      file,
    )
  }
})

t.test('every message of the log that a runbook quotes is one that the service writes', (t) => {
  const sources = globSync(['apps/*/src/**/*.ts', 'packages/adapters/src/**/*.ts'], { cwd: ROOT })
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n')
  const patterns = [...sources.matchAll(/`(\w+ )\$\{[^}]+\}`/g)].map(([, start = '']) => start)
  const isWritten = (message: string): boolean =>
    sources.includes(`'${message}'`) || patterns.some((start) => message.startsWith(start))
  let quoted = 0
  for (const { file, text } of runbooks) {
    const messages = [...text.matchAll(/\\?"(?:msg|what)\\?":\\?"([^"\\]+)/g)].map(([, message = '']) => message)
    quoted += messages.length
    t.same(
      messages.filter((message) => !isWritten(message)),
      [],
      file,
    )
  }
  t.ok(quoted > 20, `${quoted} messages`)
  t.end()
})

t.test('no command leaves its pipe early: the one before it would fail, now and then', (t) => {
  for (const { file, blocks } of runbooks)
    for (const { code } of blocks) t.notMatch(code, /\|\s*(?:head\b|grep -[a-zA-Z]*[qm])/, file)
  t.end()
})

t.test('a block is found in a list too, without its indent', (t) => {
  t.same(blocksOf('a\n\n```sh\none\n```\n\n- b\n\n  ```sh kubectl\n  two\n    three\n  ```\n'), [
    { info: 'sh', code: 'one\n' },
    { info: 'sh kubectl', code: 'two\n  three\n' },
  ])
  t.end()
})
