// US-OPS-07: the carrier-relations spreadsheet comes over by the command, as its own process, against the whole service.
import {
  assertNothingHalfMade,
  assertSound,
  createdOperator,
  expectStatus,
  footprint,
  placesOf,
  startService,
  tracesOf,
  until,
} from '@oms/testkit'
import { startRoutingEngine } from '@oms/client/testing'
import { CHECKOUT } from '@oms/devstack/local'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { migrateCommand } from './support/migrate-command.ts'

const CANARY = 'Kx7vQz2M'

const service = await startService(t)
const { admin, passwordIn, peer, sql } = service
const migration = migrateCommand(service)

/** What carrier relations keep of a carrier, and what must be in service afterwards. */
type Carrier = Readonly<{
  name: string
  host: string
  systemId: string
  password: string
  maxTps: number
  active: boolean
  notes: string | null
  prefixes: readonly string[]
  mnc: string | null
}>

const aCarrier = (name: string, index: number): Carrier => ({
  name: `${name} ${index}, ${index % 2 ? 'Kabul' : 'Herat'}`,
  host: `smpp${index}.${name.toLowerCase()}.example`,
  systemId: `gw${index}`,
  password: `${CANARY}${index}${index % 3 ? '' : '"'}`,
  maxTps: 1_000 + index,
  active: index % 4 !== 0,
  notes: index % 5 ? null : '=SUM(A1)\nsecond line',
  prefixes: index % 3 ? [`+93${700 + index}`, `+93${800 + index}`] : [],
  mnc: index % 2 ? '01' : null,
})

const HEADER =
  'Name,Status,HOST,Port,System ID,bind type,Password,Max TPS,Notes,Prefixes,Cost per segment,MCC,mnc,Owner'

/** As a spreadsheet exports it: a BOM, CRLF, numbers with commas, blank rows. */
function sheetOf(carriers: readonly Carrier[], withPassword: (index: number) => boolean = () => true): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  const rows = carriers.map((carrier, index) => {
    const prefixes = carrier.prefixes.map((prefix, at) =>
      at % 2 ? prefix.replace('+', '00') : prefix.replace('+93', '+93 '),
    )
    return [
      `${quoted(carrier.name)},${carrier.active ? 'active' : ''},${carrier.host.toUpperCase()},"2,775",${carrier.systemId} ,trx`,
      withPassword(index) ? quoted(carrier.password) : '',
      `${carrier.maxTps}.0,${quoted(carrier.notes?.replace('\n', '\r\n') ?? '')},${quoted(prefixes.join(index % 2 ? '; ' : '\n'))}`,
      `.0042,412,${carrier.mnc ?? ''},nobody`,
    ].join(',')
  })
  return `\ufeff${[HEADER, ...rows, ','.repeat(13), ''].join('\r\n')}`
}

const snapshot = async (): Promise<readonly Record<string, unknown>[]> => {
  const { operators } = (await peer('/operators', 'routing-engine')).body
  return operators as readonly Record<string, unknown>[]
}

/** The carriers of these names as a peer service reads them, in order. */
async function inService(carriers: readonly Carrier[]): Promise<Carrier[]> {
  const byName = new Map((await snapshot()).map((operator) => [operator.name, operator]))
  return Promise.all(
    carriers.map(async ({ name }) => {
      const operator = byName.get(name) ?? {}
      const rules = (operator.rules ?? []) as readonly Record<string, string | null>[]
      const { maxTps } = (operator.tpsLimit ?? {}) as { maxTps: number }
      const { password } = (await peer(`/operators/${String(operator.operatorId)}/credentials`)).body
      for (const { costPerSegment, currency } of rules) {
        if (costPerSegment !== '0.004200' || currency !== 'USD') throw new Error(`${name}: another cost`)
      }
      return {
        name: String(operator.name),
        host: String(operator.host),
        systemId: String(operator.systemId),
        password: String(password),
        maxTps,
        active: operator.status === 'ACTIVE',
        notes: operator.notes as string | null,
        prefixes: rules.map(({ prefix }) => String(prefix)),
        mnc: rules[0]?.mnc ?? (rules.length > 0 ? null : (carriers.find((one) => one.name === name)?.mnc ?? null)),
      }
    }),
  )
}

const CARRIERS = Array.from({ length: 12 }, (_, index) => aCarrier('Roshan', index))
const lastPass = (carriers: readonly Carrier[]): string =>
  [
    'url,username,password,totp,extra,name,grouping,fav',
    ...carriers.map(({ name, password }) => `http://sn,,"${password.replaceAll('"', '""')}",,,"${name}",SMPP,0`),
  ].join('\n')

t.test('US-OPS-07 AC4: a dry run tells what would happen and writes nothing, not even an event', async (t) => {
  await migration.write(
    'carriers.csv',
    sheetOf(CARRIERS, (index) => index % 2 === 0),
  )
  await migration.write('lastpass.csv', lastPass(CARRIERS))
  const before = await footprint(service)
  const { code, output } = await migration.run(
    'carriers.csv',
    '--passwords',
    'lastpass.csv',
    '--dry-run',
    '--report',
    'dry.json',
  )
  t.equal(code, 0, output)
  t.same(await footprint(service), before)
  const report = await migration.report('dry.json')
  t.match(report, {
    mode: 'dry-run',
    source: 'carriers.csv',
    summary: { rows: 12, created: 12, skipped: 0, failed: 0, rulesCreated: 16 },
    unknownColumns: ['Owner'],
  })
  t.match(output, /dry run, nothing was written: 12 of 12 rows: 12 created/)
})

t.test(
  'US-OPS-07 AC1, AC2: valid rows become operators in PostgreSQL and Vault, with their events and rules',
  async (t) => {
    const args = ['carriers.csv', '--passwords', 'lastpass.csv', '--approved', 'dry.json', '--report', 'report.json']
    const { code, output } = await migration.run(...args)
    t.equal(code, 0, output)
    const report = await migration.report('report.json')
    const dry = await migration.report('dry.json')
    t.same(report.summary, dry.summary)
    t.equal(report.sourceSha256, dry.sourceSha256)
    for (const [index, { operatorId, outcome }] of report.rows.entries()) {
      t.equal(outcome, 'created')
      t.equal(await passwordIn(String(operatorId)), CARRIERS[index]?.password)
      const { payload } = await service.events.next('operator.config.created.v1', String(operatorId))
      t.match(payload, { name: CARRIERS[index]?.name, createdBy: 'migration-script', status: 'INACTIVE', version: 1 })
    }
    const history = await sql`SELECT action, count(*)::integer FROM ops.admin_audit_log
    WHERE actor = 'migration-script' AND request_id IS NULL GROUP BY 1 ORDER BY 1`
    t.same(
      history.map(({ action, count }) => `${action} ${count}`),
      ['operator.create 12', 'operator.update 9', 'routing-rule.create 16'],
    )
  },
)

t.test('US-OPS-07 AC5: what routing-engine reads at its cold start is what the sheet says', async (t) => {
  t.same(await inService(CARRIERS), CARRIERS)
})

t.test('US-OPS-07 AC5: routing-engine, begun after the migration, routes each prefix as the sheet says', async (t) => {
  await using engine = await startRoutingEngine(service)
  for (const { name, active, prefixes, mnc } of CARRIERS) {
    for (const prefix of prefixes) {
      const offered = engine.client.route(`${prefix}123456`, { mcc: '412', mnc: mnc ?? '99' })
      const names = offered.map(({ operatorId }) => engine.client.directory.get(operatorId)?.name)
      t.same(names, active ? [name] : [], `${prefix} of ${name}`)
      t.same(engine.client.route(`${prefix}123456`, { mcc: '413' }), [], `${prefix} in another network`)
    }
  }
})

t.test('running it again creates nothing twice', async (t) => {
  const before = await footprint(service)
  const { code } = await migration.run('carriers.csv', '--passwords', 'lastpass.csv', '--report', 'again.json')
  t.equal(code, 0)
  t.match((await migration.report('again.json')).summary, { rows: 12, created: 0, skipped: 12, rulesCreated: 0 })
  t.same(await footprint(service), before)
})

t.test(
  'US-OPS-07 AC3: invalid rows are reported with their line, column and reason, the others come over',
  async (t) => {
    const other = await createdOperator(admin, { password: 'pass-wd1' })
    const row = (name: string, rest: string) => `${name},,${name}.example,2775,gw,TRX,${rest}`
    const { host, systemId } = other
    await migration.write(
      'bad.csv',
      [
        'name,status,host,port,system_id,bind_type,password,max_tps,prefixes,cost_per_segment,mcc,mnc',
        row('good', `${CANARY}-ok,5,9370,0.1,412,01`),
        row('lostzero', `${CANARY}-1,5,9370,0.1,412,1`),
        row('longpw', `${CANARY}-too-long,5,,,,`),
        row('nested', `${CANARY}-2,5,93;9370,0.1,,`),
        row('good', `${CANARY}-ok,6,9371,0.1,412,01`),
        `${other.name},,${host},2775,${systemId},TRX,${CANARY}-3,100,,,,`,
        `"two\nlines",,x y,2775,gw,TRX,${CANARY}-4,0,,,,`,
        row('good', ',,9372,0.1,412,01').replace('good.example,2775,gw,TRX', ',,,'),
      ].join('\n'),
    )
    const { code } = await migration.run('bad.csv', '--report', 'bad.json')
    t.equal(code, 2)
    const { summary, rows } = await migration.report('bad.json')
    t.same(summary, { rows: 8, created: 1, skipped: 1, failed: 6, rulesCreated: 2 })
    const faults = rows.map((each) => {
      const { line, outcome, errors } = each as unknown as {
        line: number
        outcome: string
        errors: Record<string, string>[]
      }
      return [line, outcome, ...errors.map(({ column, code }) => `${column} ${code}`)].join(', ')
    })
    t.same(faults, [
      '2, created',
      '3, failed, mnc AMBIGUOUS_MNC',
      '4, failed, password INVALID_PAYLOAD',
      '5, failed, prefixes PREFIX_CONFLICT',
      '6, failed, max_tps DUPLICATE_IN_FILE',
      '7, failed, password EXISTS_DIFFERENT',
      '8, failed, name INVALID_PAYLOAD, host INVALID_PAYLOAD, max_tps INVALID_PAYLOAD',
      '10, skipped',
    ])
    t.same(
      (await snapshot()).filter(({ name }) => ['lostzero', 'longpw', 'nested'].includes(String(name))),
      [],
    )
  },
)

t.test('US-OPS-07 AC6: only the sheet that was signed off goes to production, and the runbook says how', async (t) => {
  await migration.write('changed.csv', sheetOf(CARRIERS.slice(1)))
  const { DATABASE_URL: _, ...rest } = service.environmentOf('admin-api')
  const [refused, unconfigured] = await Promise.all([
    migration.run('changed.csv', '--approved', 'dry.json'),
    migration.start(['carriers.csv'], rest).ended,
  ])
  t.equal(refused.code, 1)
  t.match(refused.output, /changed\.csv is not the sheet that dry\.json approves/)
  t.equal(unconfigured.code, 1)
  t.match(unconfigured.output, /DATABASE_URL: is required/)
  const runbook = await readFile(join(CHECKOUT, 'runbooks/legacy-migration.md'), 'utf8')
  for (const phase of ['Phase 0', 'Phase 1', 'Phase 2', 'Phase 3', 'Phase 4', 'Sign-off', 'Rollback']) {
    t.match(runbook, new RegExp(`^#+ .*${phase}`, 'm'))
  }
})

const MANY = Array.from({ length: 40 }, (_, index) => aCarrier('Wireless', index))
let doneByThen = 0

t.test('Ctrl-C ends it with a report of what was done', async (t) => {
  await migration.write('many.csv', sheetOf(MANY))
  const run = migration.start(['many.csv', '--report', 'part.json'])
  await createdOf('Wireless', 5)
  // As the terminal and npm send it.
  run.kill('SIGINT')
  await sleep(5)
  run.kill('SIGINT')
  const { code, output } = await run.ended
  t.equal(code, 1, output)
  const part = await migration.report('part.json')
  t.match(part, { interrupted: true, summary: { rows: part.rows.length, failed: 0 } })
  doneByThen = part.rows.length
  t.ok(doneByThen >= 5 && doneByThen < MANY.length, `${doneByThen} rows were done`)
})

t.test('SIGKILL in the middle of the next run loses nothing: one more does the rest, and nothing twice', async (t) => {
  const run = migration.start(['many.csv', '--report', 'killed.json'])
  await createdOf('Wireless', doneByThen + 2)
  run.kill('SIGKILL')
  t.equal((await run.ended).code, null)
  await assertNothingHalfMade(service)
  // The sweeper comes a minute after a create that was cut off; the last run waits for it.
  await sql`UPDATE ops.credential_cleanup SET due_at = now() WHERE reason <> 'deleted' AND sweeps = 0`
  const { code, output } = await migration.run('many.csv', '--report', 'rest.json')
  t.equal(code, 0, output)
  const { created, skipped } = (await migration.report('rest.json')).summary
  t.ok(
    created >= 1 && skipped > doneByThen && created + skipped === MANY.length,
    `${created} created, ${skipped} skipped`,
  )
  t.same(await inService(MANY), MANY)
  await assertSound(service)
})

t.test('rollback takes back what the run created and nobody changed since, and says what it leaves', async (t) => {
  const { rows } = await migration.report('report.json')
  const [first] = rows
  expectStatus(await admin('PATCH', `/operators/${first?.operatorId}`, { notes: 'ours by now' }), 200)
  const { code, output } = await migration.run('--rollback', 'report.json')
  t.equal(code, 2)
  t.match(output, /line 2, operator .*: kept, test-admin changed it since/)
  const report = (await migration.report('report.rollback.json')) as unknown as { summary: object }
  t.same(report.summary, { rows: 12, deleted: 11, gone: 0, kept: 1, failed: 0 })
  t.match(await admin('GET', `/operators/${rows[1]?.operatorId}`), { status: 404 })
  t.match(await admin('GET', `/operators/${first?.operatorId}`), { status: 200 })
  await assertSound(service)
})

t.test('no password is anywhere but in Vault', async (t) => {
  const traces = { ...(await tracesOf(service)), told: migration.told() }
  t.same(placesOf(CANARY, traces), [])
  t.ok(placesOf('smpp1.wireless.example', traces).includes('rows'), 'the search finds what is there')
})

async function createdOf(name: string, count: number): Promise<void> {
  await until(`${count} operators`, async () => {
    const [row] = await sql<{ enough: boolean }[]>`
      SELECT count(*) >= ${count} AS enough FROM ops.operators WHERE name LIKE ${`${name}%`} AND provisioning = 'READY'`
    return row?.enough ? true : undefined
  })
}
