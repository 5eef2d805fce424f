import t from 'tap'
import { aMigration, aRow } from '../../test/support/migration.ts'

const EXPORT = 'url,username,password,totp,extra,name,grouping,fav'
const entry = (name: string, username: string, password: string): string =>
  `http://sn,${username},${password},,"NoteType:x\nmore, ""quoted""",${name},SMPP,0`

async function joined(t: Parameters<typeof aMigration>[0], rows: readonly string[], entries: readonly string[]) {
  const one = await aMigration(t)
  const passwords = await one.write('lastpass.csv', `\ufeff${[EXPORT, ...entries].join('\r\n')}`)
  const report = await one.migrate(rows, { passwords })
  const found = await Promise.all(
    one.live().map(async ({ operatorId, name }) => {
      const secret = await one.ports.credentials.read(operatorId, 1)
      return `${name} ${secret?.password.reveal()}`
    }),
  )
  return { report, found, one }
}

t.test('a password is joined by the exact name, else by a username that is unique on both sides', async (t) => {
  const { report, found } = await joined(
    t,
    [
      aRow('ByName', { 6: '', 4: 'shared' }),
      aRow('Zoë', { 2: 'zoe.example', 6: '', 4: 'shared' }),
      aRow('ByUser', { 6: '', 4: 'onlyme' }),
      aRow('Own', { 6: 'own-pw', 4: 'own' }),
    ],
    [
      entry('Someone else', 'nobody', 'wrong-1'),
      entry('ByName', 'x', '"a,""b"'),
      entry('Zoe\u0308', 'y', 'pw-zoe'),
      entry('Carrier portal', 'onlyme', 'pw-user'),
      entry('Own', 'own', 'wrong-2'),
    ],
  )
  t.match(report.summary, { created: 4, failed: 0 })
  t.same(found.toSorted(), ['ByName a,"b', 'ByUser pw-user', 'Own own-pw', 'Zoë pw-zoe'])
})

t.test('a password that could be of two operators, or of none, is not guessed', async (t) => {
  const { report, one } = await joined(
    t,
    [
      aRow('Twice', { 6: '', 4: 'a' }),
      aRow('S1', { 6: '', 4: 'shared' }),
      aRow('S2', { 6: '', 4: 'shared' }),
      aRow('twoentries', { 6: '', 4: 'several' }),
      aRow('OfAnother', { 6: '', 4: 'taken' }),
      aRow('Named', { 6: '', 4: 'b' }),
      aRow('Nowhere', { 6: '', 4: 'c' }),
      aRow('Blank', { 6: '', 4: 'd' }),
    ],
    [
      entry('Twice', 'p', 'canary-1'),
      entry('Twice', 'q', 'canary-2'),
      entry('x', 'shared', 'canary-3'),
      entry('y', 'several', 'canary-4'),
      entry('z', 'several', 'canary-5'),
      entry('Named', 'taken', 'canary-6'),
      entry('nowhere', 'e', 'canary-7'),
      entry('Blank', 'd', ''),
    ],
  )
  const codes = report.rows.map((row) => {
    const [error] = (row as unknown as { errors: { column: string; code: string }[] }).errors
    return `${row.name} ${error?.code ?? row.outcome}`
  })
  t.same(codes, [
    'Twice PASSWORD_AMBIGUOUS',
    'S1 PASSWORD_AMBIGUOUS',
    'S2 PASSWORD_AMBIGUOUS',
    'twoentries PASSWORD_AMBIGUOUS',
    'OfAnother PASSWORD_NOT_FOUND',
    'Named created',
    'Nowhere PASSWORD_NOT_FOUND',
    'Blank PASSWORD_NOT_FOUND',
  ])
  t.notMatch(report.text + one.shown.join(''), /canary/)
})

t.test('a password that looks escaped is taken as it is and told; one that cannot be is refused unseen', async (t) => {
  const { report } = await joined(
    t,
    [aRow('Amp', { 6: '' }), aRow('Long', { 6: '', 4: 'long' })],
    [entry('Amp', 'x', 'a&amp;b'), entry('Long', 'y', 'canary-canary-canary')],
  )
  t.match(report.rows, [{ outcome: 'created' }, { outcome: 'failed' }])
  t.match(report.rows[0]?.warnings.at(-1), { code: 'PASSWORD_MAY_BE_ESCAPED' })
  t.match(report.text, /must be 1-16 visible ASCII characters/)
  t.notMatch(report.text, /amp;|canary/)
})

t.test('a file that is no LastPass export is refused before anything is written', async (t) => {
  const one = await aMigration(t)
  const passwords = await one.write('lastpass.csv', 'name,password\nA,b\n')
  await t.rejects(one.migrate([aRow('A')], { passwords }), { message: /has no column username/ })
  t.same(one.live(), [])
})
