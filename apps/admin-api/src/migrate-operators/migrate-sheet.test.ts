import { DomainError, type OperatorId } from '@oms/domain'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { aMigration, aRow, HEADER } from '../../test/support/migration.ts'

const outcomes = ({ rows }: { rows: readonly { line: number; outcome: string }[] }) =>
  rows.map(({ line, outcome }) => `${line} ${outcome}`)
const errorsOf = (row: unknown) =>
  (row as { errors: { column: string; code: string }[] }).errors.map(({ column, code }) => `${column} ${code}`)

t.test('rows become operators with their rules, the live ones ACTIVE, and the report says so', async (t) => {
  const one = await aMigration(t)
  const report = await one.migrate(
    '\ufeffOwner,NAME,Status,Host,port,System Id,bind_type,Password,Max TPS,prefixes,cost per segment\r\n' +
      'x,Roshan,ACTIVE,smpp.roshan.example,"2,775",gw,TRX,pass-wd1,500.0,"+93 70;\n0093 71",0.01\r\n' +
      ',,,,,,,,,,\r\n' +
      ',"Afghan, Wireless",,192.0.2.1,2775,gw,tx,pass-wd2,5,,\r\n',
  )
  t.match(report, {
    mode: 'apply',
    source: 'sheet.csv',
    sourceSha256: /^[0-9a-f]{64}$/,
    startedAt: '2026-11-20T12:00:00.000Z',
    summary: { rows: 2, created: 2, skipped: 0, failed: 0, rulesCreated: 2 },
    unknownColumns: ['Owner'],
  })
  t.same(outcomes(report), ['2 created', '5 created'])
  t.notOk('interrupted' in report)
  const entries = await one.entries()
  const roshan = entries.find(({ operator }) => operator.name === 'Roshan')
  t.match(roshan?.operator, {
    status: 'ACTIVE',
    version: 4,
    createdBy: 'migration-script',
    updatedBy: 'migration-script',
  })
  t.equal(roshan?.operator.operatorId, report.rows[0]?.operatorId)
  t.same(
    roshan?.rules.map(({ prefix, costPerSegment }) => [prefix, costPerSegment]),
    [
      ['+9370', '0.010000'],
      ['+9371', '0.010000'],
    ],
  )
  t.match(entries.find(({ operator }) => operator.name !== 'Roshan')?.operator, {
    name: 'Afghan, Wireless',
    status: 'INACTIVE',
    version: 1,
  })
})

t.test('a second run finds everything as it is and writes nothing', async (t) => {
  const one = await aMigration(t)
  const rows = [aRow('A', { 1: 'ACTIVE', 8: '9370;9371' }), aRow('B'), aRow('C', { 9: '' })]
  await one.migrate(rows)
  const before = one.footprint()
  const again = await one.migrate(rows)
  t.same(outcomes(again), ['2 skipped', '3 skipped', '4 skipped'])
  t.same(again.summary, { rows: 3, created: 0, skipped: 3, failed: 0, rulesCreated: 0 })
  t.same(one.footprint(), before)
  t.match(one.shown.join(''), /the report of an earlier run is kept as .*report\.json\.20261120T120000000Z/)
})

t.test('a dry run writes nothing and finds what the real run finds', async (t) => {
  const one = await aMigration(t)
  await one.migrate([aRow('Taken', { 8: '9370' }), aRow('Ours', { 3: '1' })])
  const rows = [
    aRow('New', { 1: 'ACTIVE', 8: '9370;9371' }),
    aRow('Bad', { 3: '0' }),
    aRow('Taken', { 7: '200', 8: '9370' }),
    aRow('taken', { 2: 'other.example' }),
    aRow('Nested', { 8: '93;9370' }),
    aRow('Ours', { 3: '1', 8: '9370' }),
    aRow('NoPassword', { 6: '' }),
    aRow('New', { 8: '9372', 2: '', 3: '', 4: '', 5: '', 6: '', 7: '' }),
    aRow('New', { 8: '9', 2: '', 3: '', 4: '', 5: '', 6: '', 7: '' }),
  ]
  const before = one.footprint()
  const dry = await one.migrate(rows, { dryRun: true, report: one.path('dry.json') })
  t.same(one.footprint(), before)
  const applied = await one.migrate(rows)
  t.equal(dry.mode, 'dry-run')
  t.same(dry.summary, applied.summary)
  const comparable = (report: typeof dry) =>
    report.rows.map(({ operatorId: _, warnings, ...row }) => ({ ...row, warnings: warnings.length }))
  t.same(comparable(dry), comparable(applied))
  t.same(outcomes(applied), [
    '2 created',
    '3 failed',
    '4 failed',
    '5 failed',
    '6 failed',
    '7 skipped',
    '8 failed',
    '9 skipped',
    '10 failed',
  ])
  t.same(applied.rows.map(errorsOf), [
    [],
    ['port INVALID_PAYLOAD'],
    ['max_tps EXISTS_DIFFERENT'],
    ['host DUPLICATE_IN_FILE', 'max_tps DUPLICATE_IN_FILE'],
    ['prefixes PREFIX_CONFLICT'],
    [],
    ['password INVALID_PAYLOAD'],
    [],
    ['prefixes PREFIX_CONFLICT', 'prefixes PREFIX_CONFLICT', 'prefixes PREFIX_CONFLICT'],
  ])
  t.equal(applied.summary.rulesCreated, 4)
  t.match(applied.rows[4], { errors: [{ message: 'prefix 2 lies within prefix 1 of the same row' }] })
  t.match(applied.rows[8], { errors: [{ message: "prefix 1 includes the operator's rule +9370" }, {}, {}] })
})

t.test('an operator that exists and differs is told by its columns, never by values', async (t) => {
  const one = await aMigration(t)
  await one.migrate([aRow('A', { 8: '9370' })])
  const changed = { 1: 'ACTIVE', 5: 'RX', 6: 'canary-1', 7: '7', 8: '9370', 9: '0.02' }
  const report = await one.migrate([aRow('A', changed)])
  t.same(errorsOf(report.rows[0]).toSorted(), [
    'bind_type EXISTS_DIFFERENT',
    'cost_per_segment EXISTS_DIFFERENT',
    'max_tps EXISTS_DIFFERENT',
    'password EXISTS_DIFFERENT',
    'status EXISTS_DIFFERENT',
  ])
  t.notMatch(report.text, /canary|0\.02/)
  const renamed = await one.migrate([aRow('Renamed', { 2: 'a.example' })])
  t.same(errorsOf(renamed.rows[0]), ['name EXISTS_DIFFERENT'], 'the endpoint says who it is')
})

t.test(
  'rows of one operator: the first describes it, the next only add rules, anything else is a duplicate',
  async (t) => {
    const one = await aMigration(t)
    const blank = { 2: '', 3: '', 4: '', 5: '', 6: '', 7: '' }
    const rows = [
      aRow('A', { 1: 'ACTIVE', 8: '9370' }),
      aRow('a', { ...blank, 8: '9371' }),
      aRow('A', { 8: '9372', 1: 'active' }),
      aRow('A', { 1: 'ACTIVE', 8: '9370' }),
      aRow('A', { ...blank }),
      aRow('A', { ...blank, 7: '101', 8: '9373' }),
      aRow('B', { 2: 'a.example', 8: '9374' }),
      aRow('Bad', { 3: '0', 8: '9370' }),
      aRow('Bad', { ...blank, 8: '9371' }),
    ]
    const expected = [
      '2 created',
      '3 skipped',
      '4 skipped',
      '5 failed prefixes DUPLICATE_IN_FILE',
      '6 failed name DUPLICATE_IN_FILE',
      '7 failed max_tps DUPLICATE_IN_FILE',
      '8 failed name DUPLICATE_IN_FILE',
      '9 failed port INVALID_PAYLOAD',
      '10 failed  FIRST_ROW_FAILED',
    ]
    const told = (report: Awaited<ReturnType<typeof one.migrate>>) =>
      report.rows.map((row) => [row.line, row.outcome, ...errorsOf(row)].join(' '))
    t.same(told(await one.migrate(rows, { dryRun: true })), expected)
    const applied = await one.migrate(rows)
    t.same(told(applied), expected)
    t.equal(applied.summary.rulesCreated, 3)
    t.equal(applied.rows[1]?.operatorId, applied.rows[0]?.operatorId)
    const again = await one.migrate(rows)
    t.same(
      told(again),
      expected.map((line) => line.replace('created', 'skipped')),
    )
    t.equal(again.summary.rulesCreated, 0)
  },
)

t.test('a repeated cell is equal however it is written, and blank says INACTIVE', async (t) => {
  const one = await aMigration(t)
  const report = await one.migrate(
    `${HEADER},mno,enforcement_mode\n${aRow('A', { 8: '9370' })},Roshan,Soft throttle\n` +
      `${aRow('a', { 1: 'Inactive', 2: 'A.example.', 3: '"2,775"', 5: 'transceiver', 7: '100.0', 8: '9371' })},roshan,SOFT_THROTTLE\n`,
  )
  t.same(report.rows.map(errorsOf), [[], []])
  t.same(outcomes(report), ['2 created', '3 skipped'])
})

t.test('what an interrupted run left is completed, but not where an admin was since', async (t) => {
  const one = await aMigration(t)
  await one.migrate([aRow('A'), aRow('B'), aRow('C', { 8: '9370' })])
  await one.create({ name: 'D', host: 'd.example' })
  const [, b] = one.live()
  await one.update(b?.operatorId, { notes: 'called them' })
  const report = await one.migrate([
    aRow('A', { 1: 'ACTIVE', 8: '9370' }),
    aRow('B', { 1: 'ACTIVE' }),
    aRow('C', { 8: '9370;9371' }),
    aRow('D', { 8: '9370' }),
  ])
  t.same(outcomes(report), ['2 skipped', '3 failed', '4 skipped', '5 skipped'])
  t.same(errorsOf(report.rows[1]), ['status EXISTS_DIFFERENT'])
  t.match(report.rows[0]?.warnings, [{ code: 'COMPLETED' }, { code: 'RULES_CREATED' }])
  t.equal(report.summary.rulesCreated, 3)
  t.match(one.live()[0], { name: 'A', status: 'ACTIVE' })
})

t.test('an outage is waited out; one that lasts ends the run with what was done in the report', async (t) => {
  const one = await aMigration(t)
  const away = new DomainError('VAULT_UNAVAILABLE', 'Vault is away')
  one.ports.credentials.faults.fail('write', away, { once: true })
  t.same(outcomes(await one.migrate([aRow('A')])), ['2 created'])
  t.same(one.outages, [])

  one.ports.credentials.faults.fail('write', away)
  const rows = Array.from({ length: 20 }, (_, index) => aRow(`Op${index}`))
  const report = await one.migrate(rows)
  t.match(report, { interrupted: true, summary: { created: 0 } })
  t.ok(report.rows.length <= 8, 'only those in hand')
  for (const row of report.rows) t.same(errorsOf(row), [' VAULT_UNAVAILABLE'])
  t.same(one.outages, [away])
  one.ports.credentials.faults.heal()
  t.match((await one.migrate(rows)).summary, { rows: 20, created: 20 })
})

t.test(
  'an operator whose rules an outage kept away is told as unfinished, and the next run completes it',
  async (t) => {
    const one = await aMigration(t)
    const away = new DomainError('DEPENDENCY_UNAVAILABLE', 'the database is away')
    one.ports.operators.faults.fail('change', away)
    const rows = [aRow('A', { 1: 'ACTIVE', 8: '9370' })]
    const report = await one.migrate(rows)
    const [operator] = one.live()
    t.match(report.rows, [{ outcome: 'failed', operatorId: operator?.operatorId, warnings: [{ code: 'UNFINISHED' }] }])
    one.ports.operators.faults.heal()
    t.match((await one.migrate(rows)).rows, [{ outcome: 'skipped', warnings: [{ code: 'COMPLETED' }, {}] }])
    t.match(await one.entries(), [{ operator: { status: 'ACTIVE' }, rules: [{ prefix: '+9370' }] }])
  },
)

t.test('an operator whose secret is gone, and a create that is not finished, are told as such', async (t) => {
  const one = await aMigration(t)
  await one.migrate([aRow('A')])
  await one.ports.credentials.destroy(one.live()[0]?.operatorId as OperatorId)
  t.same(errorsOf((await one.migrate([aRow('A')])).rows[0]), ['password CREDENTIALS_MISSING'])

  one.ports.operators.faults.fail('complete', new DomainError('DEPENDENCY_UNAVAILABLE', 'away'))
  one.ports.operators.faults.fail('abandon', new DomainError('DEPENDENCY_UNAVAILABLE', 'away'))
  await one.migrate([aRow('B')])
  one.ports.operators.faults.heal()
  const dry = await one.migrate([aRow('B')], { dryRun: true })
  t.match(dry.rows, [{ outcome: 'created', warnings: [{ code: 'CREATE_IN_PROGRESS' }] }])
  t.same(errorsOf((await one.migrate([aRow('B')])).rows[0]), [' DUPLICATE_OPERATOR'], 'after some patience')
})

t.test('rows that have lost their columns are not read, and what is missing at their end is told', async (t) => {
  const one = await aMigration(t)
  const report = await one.migrate([`${aRow('A')},x`, `${aRow('B')}, , `, aRow('C').replace(/,,0\.01$/, '')])
  t.same(outcomes(report), ['2 failed', '3 created', '4 created'])
  t.same(errorsOf(report.rows[0]), [' CELL_WITHOUT_COLUMN'])
  t.match(report.rows[2]?.warnings, [{ code: 'SHORT_ROW' }])
})

t.test('a signal ends the run after the rows in hand; a second run does the rest', async (t) => {
  const one = await aMigration(t)
  const stop = new AbortController()
  const rows = Array.from({ length: 40 }, (_, index) => aRow(`Op${index}`))
  const { initialise } = one.ports.healthCache
  let created = 0
  Object.assign(one.ports.healthCache, {
    initialise: async (...args: Parameters<typeof initialise>) => {
      created += 1
      if (created === 10) stop.abort()
      await sleep(1)
      return initialise(...args)
    },
  })
  const report = await one.migrate(rows, { stopAsked: stop.signal })
  t.match(report, { interrupted: true })
  t.ok(report.rows.length >= 10 && report.rows.length < 20, `${report.rows.length} rows`)
  t.equal(report.summary.created, one.live().length)
  const rest = await one.migrate(rows)
  t.equal(rest.summary.created + report.summary.created, 40)
  t.equal(rest.summary.skipped, report.summary.created)
})

t.test('rows stay in the order of the file, whichever is done first', async (t) => {
  const one = await aMigration(t)
  const rows = Array.from({ length: 60 }, (_, index) => aRow(`Op${index}`, index % 3 === 0 ? { 3: 'x' } : {}))
  const report = await one.migrate(rows)
  t.same(
    report.rows.map(({ line }) => line),
    rows.map((_, index) => index + 2),
  )
  t.match(report.summary, { rows: 60, created: 40, failed: 20 })
})

t.test('only the approved sheet is taken, and nothing is read as a report that is none', async (t) => {
  const one = await aMigration(t)
  const rows = [aRow('A')]
  const approved = one.path('approved.json')
  await one.migrate(rows, { dryRun: true, report: approved })
  await t.rejects(one.migrate([aRow('B')], { approved }), { message: /is not the sheet/ })
  await t.rejects(one.migrate(rows, { approved: one.path('sheet.csv') }), { message: /is no report/ })
  await t.rejects(one.migrate(rows, { report: await one.write('notes.json', '{"rows": [1]}') }), {
    message: /no report/,
  })
  t.same(one.live(), [])
  t.same(outcomes(await one.migrate(rows, { approved })), ['2 created'])
})

t.test('a sheet that is none could not be run, and no report is left', async (t) => {
  const one = await aMigration(t)
  await t.rejects(one.migrate(''), { message: /is empty/ })
  await t.rejects(one.migrate('name,host\nA,b\n'), { message: /lacks port, system_id, bind_type, max_tps/ })
  await t.rejects(one.migrate(`${HEADER}\n${aRow('A')}\n"open`), { message: /a quote was never closed/ })
  await t.rejects(one.migrate(HEADER.replaceAll(',', ';')), { message: /separated by commas, not by semicolons/ })
  t.same(one.live(), [])
  t.match(await one.migrate(`${HEADER}\n`), { summary: { rows: 0 }, rows: [] })
})
