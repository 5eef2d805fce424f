import fc from 'fast-check'
import t from 'tap'
import { compareCosts, costPerSegment } from './cost-per-segment.ts'
import { CURRENCIES, currency, DEFAULT_CURRENCY } from './currency.ts'

t.test('a cost is decimal text with six places, however it was given', async (t) => {
  const cases = [
    ['0', '0.000000'],
    ['0.0042', '0.004200'],
    ['0.000001', '0.000001'],
    ['1', '1.000000'],
    ['10.5', '10.500000'],
    ['999999999999.999999', '999999999999.999999'],
    [0, '0.000000'],
    [-0, '0.000000'],
    [0.0042, '0.004200'],
    [0.000001, '0.000001'],
    [0.1, '0.100000'],
    [1.5, '1.500000'],
    [999_999_999_999, '999999999999.000000'],
    [123_456_789.012_345, '123456789.012345'],
  ] as const
  for (const [raw, expected] of cases) t.equal(costPerSegment(raw), expected, `${typeof raw} ${raw}`)
})

t.test('a cost that would have to be rounded is refused, and so is what is none', async (t) => {
  const message = 'must be from 0 to below 10^12 with at most 6 decimals'
  const texts = [
    ['', '.', '.5', '5.', '-1', '-0', '+1', '00', '01', '1e3', '1,5', '1 ', ' 1', '1\n', '0x1', 'NaN', '1_000', '٣'],
    ['0.0000001', '0.1234567', '0.1000000', '1000000000000', '1000000000000.0'],
  ].flat()
  for (const raw of texts) {
    t.throws(() => costPerSegment(raw), { errors: [{ path: 'costPerSegment', message }] }, JSON.stringify(raw))
  }
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
  for (const raw of [-1, -0.000001, 0.0000001, 0.1234567, 0.1 + 0.2, 1e12, 1e21, nan, infinity]) {
    t.throws(() => costPerSegment(raw, 'rules.3.cost'), { errors: [{ path: 'rules.3.cost', message }] }, String(raw))
  }
})

t.test('a number with more digits than a double keeps has to be text', async (t) => {
  const message = 'must be given as text when it has more than 15 digits'
  for (const raw of [12_345_678_901.123_45, 999_999_999_999.9999]) {
    t.throws(() => costPerSegment(raw), { errors: [{ path: 'costPerSegment', message }] }, String(raw))
    t.match(costPerSegment(String(raw)), String(raw))
  }
})

/** A cost as its millionths. */
const anyMicros = fc.oneof(
  fc.bigInt({ min: 0n, max: 999_999_999_999_999_999n }),
  fc.bigInt({ min: 0n, max: 2_000_000n }),
)
const textOf = (micros: bigint): string => {
  const digits = String(micros).padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`
}

t.test('text of any length up to six places is kept exactly', async () => {
  fc.assert(
    fc.property(anyMicros, (micros) => {
      const text = textOf(micros)
      const short = text.replace(/\.?0+$/, '')
      const kept: string = costPerSegment(text)
      return kept === text && costPerSegment(short) === kept && costPerSegment(kept) === kept
    }),
    { numRuns: 1_000 },
  )
})

t.test('a number of at most 15 digits is the text that was sent', async () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999_999n }), (micros) => {
      const text = textOf(micros)
      return costPerSegment(JSON.parse(text) as number) === text
    }),
    { numRuns: 1_000 },
  )
})

t.test('costs compare by their value', async () => {
  fc.assert(
    fc.property(anyMicros, anyMicros, (a, b) => {
      const compared = compareCosts(costPerSegment(textOf(a)), costPerSegment(textOf(b)))
      return Math.sign(compared) === (a < b ? -1 : a > b ? 1 : 0)
    }),
    {
      numRuns: 1_000,
      examples: [
        [9_000_000n, 10_000_000n],
        [5n, 5n],
      ],
    },
  )
})

t.test('a currency is an active ISO 4217 code in capitals', async (t) => {
  for (const code of ['USD', 'EUR', 'AFN', 'XOF', 'ZWG', 'VED', DEFAULT_CURRENCY]) t.equal(currency(code), code)
  for (const code of ['', 'usd', 'US', 'USDD', 'USD ', 'XXX', 'XTS', 'XAU', 'DEM', 'HRK', 'ABC', 'toString']) {
    const refused = { code: 'INVALID_PAYLOAD', errors: [{ path: 'currency', message: /ISO 4217/ }] }
    t.throws(() => currency(code), refused, JSON.stringify(code))
  }
  t.throws(() => currency('x', 'rules.0.currency'), { errors: [{ path: 'rules.0.currency' }] })
  t.ok([...CURRENCIES].every((code) => /^[A-Z]{3}$/.test(code)))
  t.ok(CURRENCIES.size > 150)
})
