import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Secret } from '@oms/domain'
import t from 'tap'
import { collected } from '../../test/support/migration.ts'
import { readArguments } from './arguments.ts'
import { CouldNotRun } from './could-not-run.ts'
import { inOrder } from './in-order.ts'
import { createProgress } from './progress.ts'
import { openReportFile } from './report-file.ts'
import { isSameSecret } from './same-secret.ts'

t.test(
  'the arguments name a sheet or a report to roll back, never both, and never overwrite what is read',
  async (t) => {
    t.match(readArguments(['a.csv']), { kind: 'migrate', sheet: 'a.csv', report: 'a.report.json', dryRun: false })
    t.match(
      readArguments(['a.csv', '--passwords', 'l.csv', '--dry-run', '--report', 'r.json', '--approved', 'd.json']),
      {
        passwords: 'l.csv',
        dryRun: true,
        report: 'r.json',
        approved: 'd.json',
      },
    )
    t.match(readArguments(['--rollback', 'r.json']), { kind: 'rollback', of: 'r.json', report: 'r.rollback.json' })
    t.match(readArguments(['--help']), { kind: 'help' })
    const refused = [
      [],
      ['a.csv', 'b.csv'],
      ['a.csv', '--dryrun'],
      ['a.csv', '--report'],
      ['a.csv', '--rollback', 'r.json'],
      ['a.csv', '--report', './a.csv'],
      ['--rollback', 'r.json', '--report', 'r.json'],
      ['a.csv', '--approved', 'a.report.json'],
    ]
    for (const args of refused) t.throws(() => readArguments(args), CouldNotRun, args.join(' '))
  },
)

t.test('a report comes into its place whole, its head before its rows, or not at all', async (t) => {
  const folder = t.testdir({ 'r.json': 'old' })
  const path = join(folder, 'r.json')
  {
    await using given_up = await openReportFile(path, { count: 10 })
    await given_up.add({ a: 1 })
  }
  t.equal(await readFile(path, 'utf8'), 'old')
  for (const rows of [[], [{ a: 'é' }], [{ a: 1 }, { a: '\n"' }]]) {
    await using report = await openReportFile(path, { source: 'é', count: Number.MAX_SAFE_INTEGER })
    for (const row of rows) await report.add(row)
    await report.finish({ source: 'é', count: rows.length })
    t.same(JSON.parse(await readFile(path, 'utf8')), { source: 'é', count: rows.length, rows })
  }
  t.same(await readFile(`${path}.part`).catch(() => 'gone'), 'gone')
})

t.test('progress is a bar that a terminal rewrites, and lines elsewhere', async (t) => {
  const shown = (isTerminal: boolean) => {
    const written: string[] = []
    let at = 0
    const write = (text: string) => void written.push(text)
    const progress = createProgress({ isTerminal, width: 60, write, elapsedMs: () => at }, 4)
    progress.show({ rows: 1, created: 1 })
    at = 3_000
    progress.show({ rows: 2, created: 2 })
    progress.note('line 3 failed')
    progress.show({ rows: 4, created: 3, failed: 1 })
    progress.end()
    return written.join('')
  }
  t.equal(shown(false), '2 of 4 rows: 2 created\nline 3 failed\n4 of 4 rows: 3 created, 1 failed\n')
  t.equal(
    shown(true),
    '\r\u001b[2K[###############...............] 2 of 4 rows: 2 created\r\u001b[2Kline 3 failed\n' +
      '\r\u001b[2K[###############...............] 2 of 4 rows: 2 created' +
      '\r\u001b[2K[##############################] 4 of 4 rows: 3 created, 1 \n',
  )
})

t.test('results keep the order of their items, and never more than the width are in hand', async (t) => {
  let inHand = 0
  let most = 0
  const stop = new AbortController()
  const items = (async function* () {
    for (let item = 0; item < 20; item += 1) yield item
  })()
  const results = await collected(
    inOrder(items, { width: 3, stop: stop.signal }, async (item) => {
      most = Math.max(most, (inHand += 1))
      for (let turns = item % 4; turns > 0; turns -= 1) await turn()
      inHand -= 1
      if (item === 11) stop.abort()
      return item
    }),
  )
  t.same(
    results,
    Array.from({ length: results.length }, (_, index) => index),
  )
  t.equal(most, 3)
  t.ok(results.length >= 12 && results.length <= 14, `${results.length}`)
})

t.test('secrets are equal or not, whatever their lengths', async (t) => {
  t.ok(isSameSecret(new Secret('pass-wd1'), new Secret('pass-wd1')))
  for (const other of ['pass-wd2', 'pass-wd', '', 'pass-wd1 ']) {
    t.notOk(isSameSecret(new Secret('pass-wd1'), new Secret(other)))
  }
})
