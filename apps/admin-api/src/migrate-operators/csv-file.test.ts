import fc from 'fast-check'
import { deepEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { collected } from '../../test/support/migration.ts'
import { CouldNotRun } from './could-not-run.ts'
import { type CsvRecord, readCsv } from './csv-file.ts'

const folder = t.testdir()
const path = join(folder, 'file.csv')

async function read(content: string | Uint8Array): Promise<{ records: CsvRecord[]; sha256: string }> {
  await writeFile(path, content)
  const file = readCsv(path)
  return { records: await collected(file.records), sha256: file.sha256() }
}

t.test(
  'each record says in which line an editor shows it, whatever the quoted cells and line ends before it',
  async (t) => {
    const text = '\ufeffname,notes\r\n\r\na,"x\r\ny, and ""z"""\r\n"b\n","c\r"\n ,\u200b,\nlast,1'
    const { records, sha256 } = await read(text)
    t.same(
      records.map(({ line, cells }) => [line, ...cells]),
      [
        [1, 'name', 'notes'],
        [3, 'a', 'x\r\ny, and "z"'],
        [5, 'b\n', 'c\r'],
        [9, 'last', '1'],
      ],
    )
    t.equal(sha256, createHash('sha256').update(text).digest('hex'))
  },
)

t.test('any cells that can be written are read again, at the line and the octets where they stand', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ',', '"', '\n', '\r\n', ' ', '=', '+', '\u00a0') })
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (rows, end, bom) => {
      const quoted = rows.map((cells) => cells.map((each) => `"${each.replaceAll('"', '""')}"`).join(','))
      const text = `${bom ? '\ufeff' : ''}${quoted.join(end)}`
      const { records } = await read(text)
      let line = 1
      const expected = rows.flatMap((cells, index) => {
        const at = line
        line += (`${quoted[index] ?? ''}\n`.match(/\r\n|\n/g) ?? []).length
        return cells.some((each) => each.trim() !== '') ? [{ line: at, cells }] : []
      })
      const octets = Buffer.from(text)
      const slices = records.map(({ start, end: to }) =>
        octets.subarray(start, to).toString().replace('\ufeff', '').trim(),
      )
      deepEqual(
        records.map(({ line: at, cells }) => ({ line: at, cells })),
        expected,
      )
      deepEqual(
        slices,
        expected.map(({ cells }) => quoted[rows.indexOf(cells)]?.trim()),
      )
    }),
    { numRuns: 60 },
  )
})

t.test('what is no UTF-8 CSV is refused without a word of what it holds', async (t) => {
  const refused = {
    'not UTF-8': Uint8Array.from([...Buffer.from('name\n'), 0xe9, 0x0a]),
    'cut within a character': Uint8Array.from([...Buffer.from('name\n'), 0xc3]),
    'an open quote': 'name\n"canary',
    'a stray quote': 'name,b\ncan"ary,2',
    'a quote that does not end its cell': 'name\n"can"ary\n',
    'a record without end': `name\n"${'canary'.repeat(200_000)}"`,
  }
  for (const [what, content] of Object.entries(refused)) {
    const error = await read(content).catch((thrown: unknown) => thrown)
    t.ok(error instanceof CouldNotRun, what)
    t.notMatch(String(error), /canary/, what)
  }
  await t.rejects(collected(readCsv(join(folder, 'none.csv')).records), { message: /ENOENT/ })
})
