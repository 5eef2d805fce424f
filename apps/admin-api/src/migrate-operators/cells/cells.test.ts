import fc from 'fast-check'
import t from 'tap'
import { bindTypeCell, choiceCell } from './choice-cell.ts'
import { codeCell, hasLostZeros } from './code-cell.ts'
import { moneyCell } from './money-cell.ts'
import { numberCell } from './number-cell.ts'
import { prefixesCell } from './prefixes-cell.ts'

const grouped = (digits: string): string => digits.replace(/\B(?=(?:\d{3})+$)/g, ',')

t.test('a whole number is read however a spreadsheet prints it', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), fc.constantFrom('', '.0', '.00'), (number, decimals) => {
      const text = String(number)
      return numberCell(`${text}${decimals}`) === number && numberCell(`${grouped(text)}${decimals}`) === number
    }),
  )
})

t.test('no number is made of what is none, or can be read in two ways', async (t) => {
  for (const text of [
    '',
    '2 775',
    '2,77',
    '27,75',
    '0,035',
    '1,5',
    '1.2.3',
    '1e3',
    '2775 tps',
    '٣',
    '0x10',
    '+5',
    '.5',
  ]) {
    t.equal(numberCell(text), undefined, text)
  }
  t.equal(numberCell('1.5'), 1.5)
  t.equal(numberCell('-2,775.5'), -2_775.5)
})

t.test('an amount keeps every digit and loses idle zeros only', async () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: 0, max: 5 }), (micros, zeros) => {
      const text = micros.toString().padStart(7, '0')
      const [whole, fraction] = [text.slice(0, -6), text.slice(-6)]
      const read = moneyCell(`${whole}.${fraction}${'0'.repeat(zeros)}`) ?? ''
      const [readWhole = '', readFraction = ''] = read.split('.')
      return BigInt(readWhole + readFraction.padEnd(6, '0')) === micros && !/\.\d*0$/.test(read)
    }),
  )
})

t.test('an amount with a comma is read only where a point says what the comma is', async (t) => {
  t.equal(moneyCell('1,250.50'), '1250.5')
  t.equal(moneyCell('.0042'), '0.0042')
  t.equal(moneyCell('2775.0'), '2775')
  for (const text of ['0,035', '1,250', '$1', '1e-3', '-1', '', '.', '1.', '5%'])
    t.equal(moneyCell(text), undefined, text)
})

t.test('a prefix is read alone or in a list, in every way that people write it', async () => {
  const digits = fc.tuple(fc.constantFrom('93', '1', '992'), fc.stringMatching(/^\d{0,9}$/)).map((parts) => parts)
  const written = fc.tuple(digits, fc.constantFrom('+', '00', '+ ', ''), fc.constantFrom('', ' ', '\u00a0'))
  fc.assert(
    fc.property(fc.array(written, { maxLength: 8 }), fc.constantFrom(';', '\n', ' ; ', ';\r\n'), (list, between) => {
      const cell = list
        .map(([[country, rest], lead, blank]) => `${lead}${country}${rest && lead && blank}${rest}`)
        .join(between)
      const { prefixes, unclear } = prefixesCell(cell)
      return unclear.length === 0 && prefixes.join() === list.map(([parts]) => `+${parts.join('')}`).join()
    }),
  )
})

t.test('of a list whose separator is not one of ours, no prefix is made', async (t) => {
  const unclear = ['9370 9371', '44 20', '937 938', '+9370 9371', '+9370 +9371', '9370,9371', '9,370', '9.37E+11']
  for (const text of [...unclear, '+93-70', '93x', '+93 (0)70']) {
    t.same(prefixesCell(text), { prefixes: [], unclear: [text] })
  }
  t.same(prefixesCell(' ;\n'), { prefixes: [], unclear: [] })
  t.same(prefixesCell('9370.0'), { prefixes: ['+9370'], unclear: [] })
})

t.test('words and codes are read in any case and dress', async (t) => {
  t.same(['TRX', 'tx', 'Rx', 'transceiver'].map(bindTypeCell), [
    'TRANSCEIVER',
    'TRANSMITTER',
    'RECEIVER',
    'TRANSCEIVER',
  ])
  t.equal(choiceCell('Hard reject'), 'HARD_REJECT')
  t.equal(codeCell('412.0'), '412')
  t.same(['1', '01', '001', '10'].map(hasLostZeros), [true, false, false, false])
})
