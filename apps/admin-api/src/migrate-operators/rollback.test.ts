import { readFile } from 'node:fs/promises'
import t from 'tap'
import { aMigration, aRow } from '../../test/support/migration.ts'

t.test('rollback deletes what the run created and nobody changed since, and reports the rest', async (t) => {
  const one = await aMigration(t)
  const before = await one.create({ name: 'Before', host: 'before.example' })
  await one.migrate([
    aRow('Kept', { 8: '9370' }),
    aRow('Changed'),
    aRow('Gone'),
    aRow('Live', { 1: 'ACTIVE' }),
    aRow('Bad', { 3: 'x' }),
  ])
  // What a later run adds is no change by somebody.
  const rows = [aRow('New'), aRow('Before', { 8: '9370' }), aRow('Kept', { 8: '9370;9371' }), aRow('Bad', { 3: 'x' })]
  const later = await one.migrate(rows, { report: one.path('later.json') })
  t.equal(later.summary.rulesCreated, 2)
  const named = (name: string) => one.live().find((operator) => operator.name === name)
  await one.update(named('Changed')?.operatorId, { notes: 'x' })
  await one.softDelete(named('Gone')?.operatorId)

  const footprint = one.footprint()
  const dry = await one.rollBack({ dryRun: true })
  t.same(one.footprint(), footprint)
  const { summary, report } = await one.rollBack()
  t.same(dry.summary, summary)
  t.same(summary, { rows: 4, deleted: 2, gone: 1, kept: 1, failed: 0 })
  t.match(report, {
    mode: 'rollback',
    source: 'report.json',
    rows: [
      { line: 2, name: 'Kept', outcome: 'deleted' },
      { line: 3, name: 'Changed', outcome: 'kept', reason: 'amina changed it since' },
      { line: 4, name: 'Gone', outcome: 'gone' },
      { line: 5, name: 'Live', outcome: 'deleted' },
    ],
  })
  t.match(
    one.ports.store.audit.filter(({ action }) => action === 'operator.delete').map(({ actor }) => actor),
    ['amina', 'migration-script', 'migration-script'],
  )

  const second = await one.rollBack({ of: one.path('later.json') })
  t.same(second.summary, { rows: 3, deleted: 1, gone: 1, kept: 1, failed: 0 })
  t.same(
    one.live().map(({ name }) => name),
    ['Before', 'Changed'],
  )
  t.equal(named('Before')?.operatorId, before.operator.operatorId)

  const kept = /kept as (\S*rollback\.json\.\S+)/.exec(one.shown.join(''))?.[1]
  t.match(JSON.parse(await readFile(kept ?? '', 'utf8')), { summary: { deleted: 2 } }, 'what the first one deleted')
})

t.test('a dry run has nothing to roll back, and what is no report is refused', async (t) => {
  const one = await aMigration(t)
  await one.migrate([aRow('A')], { dryRun: true })
  await t.rejects(one.rollBack(), { message: /is of a dry run/ })
  await t.rejects(one.rollBack({ of: await one.write('x.json', '{}') }), { message: /is no report/ })
  await t.rejects(one.rollBack({ of: one.path('none.json') }), { message: /ENOENT/ })
})
