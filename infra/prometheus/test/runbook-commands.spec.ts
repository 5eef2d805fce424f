import { CHECKOUT } from '@oms/devstack/local'
import { startService } from '@oms/testkit'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { indexOf, readRunbooks } from '../src/runbooks.ts'
import { openShell } from './support/runbook-shell.ts'
import { aNight, stackFile, watched } from './support/runbook-state.ts'

/** Why blocks of this kind are not run here, and how many stand where. */
const NOT_RUN: Readonly<Record<string, Readonly<{ why: string; where: Readonly<Record<string, number>> }>>> = {
  'sh kubectl': {
    why: 'they need a cluster',
    where: {
      'README.md': 1,
      'app-down.md': 2,
      'app-overloaded.md': 1,
      'app-restarting.md': 1,
      'certificate-expiry.md': 1,
      'health-ingest-lag.md': 1,
      'mtls-rotation.md': 1,
      'restore.md': 1,
    },
  },
  'sh nats': {
    why: 'natscli is in no Debian package; what can be seen without it is',
    where: { 'dead-letters.md': 2, 'outbox-replay.md': 1, 'restore.md': 2 },
  },
  'sh vault': {
    why: 'the Vault client is in no Debian package; the same is done by curl, which is run',
    where: { 'credentials-missing.md': 1, 'vault-bootstrap.md': 5 },
  },
  'sh sheet': {
    why: 'they need a spreadsheet; apps/admin-api/test/legacy-migration.spec.ts runs the command on several',
    where: { 'legacy-migration.md': 6 },
  },
  'sh setup': { why: 'run once, in front of all', where: { 'README.md': 2 } },
}

/** A status that is an answer there: what is made a second time is there already. */
const AS_IT_SHOULD_BE: Readonly<Record<string, RegExp>> = { 'vault-bootstrap.md': /^\{"errors".*in use.*\n400\b.*$/gm }

/** What a shell, curl or psql says when something is wrong; a check may say `no such line`, which is an answer. */
const WRONG =
  /no answer|curl: \(|psql: |ERROR:|command not found|No such file|is not set|"status":"unavailable"|"status":[45]\d\d|^[45]\d\d$/m

const opened = new AsyncDisposableStack()
const service = await startService(t)
t.teardown(() => opened.disposeAsync())
const { operator, event, pid } = await aNight(service, opened)
const STACK = await stackFile(service, await watched(service, opened))
const runbooks = readRunbooks()
const readme = runbooks.find(({ file }) => file === 'README.md')
const setup = (readme?.blocks ?? []).filter(({ info }) => info === 'sh setup')
const BODY = join(service.folder, 'new-password.json')
await writeFile(BODY, '{"password":"n3w-pwd"}', { mode: 0o600 })
const given = { STACK, BODY, OPERATOR: operator, EVENT: event, PID: pid, TMPDIR: service.folder }
const shell = await openShell(setup, { cwd: CHECKOUT, given })

t.test('what is not run here stands in a list with its reason', (t) => {
  const found = runbooks.flatMap(({ file, blocks }) => blocks.map(({ info }) => ({ file, info })))
  for (const [info, { why, where }] of Object.entries(NOT_RUN)) {
    const files = found.filter((each) => each.info === info).map(({ file }) => file)
    const counted = [...Map.groupBy(files, String)].map(([file, all]) => [file, all.length])
    t.same(Object.fromEntries(counted), where, why)
  }
  const kinds = ['sh', ...Object.keys(NOT_RUN)]
  t.same(
    found.filter(({ info }) => info.startsWith('sh') && !kinds.includes(info)),
    [],
  )
  t.end()
})

const order = ['README.md', ...indexOf(readme?.text ?? '').keys()]
for (const { file, blocks } of runbooks.toSorted((a, b) => order.indexOf(a.file) - order.indexOf(b.file))) {
  const commands = blocks.filter(({ info }) => info === 'sh')
  if (commands.length === 0) continue
  t.test(`the commands of ${join('runbooks', file)} work as they stand`, async (t) => {
    for (const { code } of commands) {
      const { code: exit, stdout, stderr } = await shell(code)
      const [first = ''] = code.split('\n')
      t.equal(exit, 0, first, { stdout, stderr })
      t.equal(stderr, '', first)
      t.ok(stdout.trim() !== '', `${first} says something`)
      t.notMatch(stdout.replaceAll(AS_IT_SHOULD_BE[file] ?? '', ''), WRONG, first)
    }
  })
}
