import fc from 'fast-check'
import t from 'tap'
import { anyPrefix } from '../../test/support/routing.ts'
import { destination, type Prefix, prefix, prefixesOf, prefixLength, prefixRelation } from './prefix.ts'

const refused = (path: string) => ({ code: 'INVALID_PAYLOAD', errors: [{ path, message: /^must be \+ and 1-15/ }] })

t.test('a prefix is + and 1 to 15 digits, the first of them not 0', async (t) => {
  for (const raw of ['+1', '+9', '+93', '+9370', '+100', '+123456789012345']) t.equal(prefix(raw), raw)
  const bad = [
    '',
    '+',
    '93',
    '0093',
    '+0',
    '+093',
    '+1234567890123456',
    '+93 70',
    '+93-70',
    '++93',
    '+93\n',
    '+٩٣',
    'x',
  ]
  for (const raw of bad) t.throws(() => prefix(raw), refused('prefix'), JSON.stringify(raw))
  t.throws(() => prefix('x', 'covers'), refused('covers'))
})

t.test('a destination may have lost its + to a query string', async (t) => {
  t.equal(destination('+9370', 'to'), '+9370')
  t.equal(destination(' 9370', 'to'), '+9370')
  for (const raw of ['9370', '  9370', ' +9370', '', ' ', '%2B93']) {
    t.throws(() => destination(raw, 'to'), refused('to'), JSON.stringify(raw))
  }
})

/** First and last number of 15 digits that have the prefix. */
function rangeOf(of: Prefix): readonly [bigint, bigint] {
  const digits = of.slice(1)
  return [BigInt(digits.padEnd(15, '0')), BigInt(digits.padEnd(15, '9'))]
}

t.test('the relation of two prefixes is that of the numbers that have them', async (t) => {
  t.equal(prefixRelation(prefix('+93'), prefix('+93')), 'EQUAL')
  t.equal(prefixRelation(prefix('+93'), prefix('+9370')), 'SHADOWS')
  t.equal(prefixRelation(prefix('+9370'), prefix('+93')), 'SHADOWED_BY')
  t.equal(prefixRelation(prefix('+93'), prefix('+94')), undefined)
  fc.assert(
    fc.property(anyPrefix, anyPrefix, (a, b) => {
      const [[aFirst, aLast], [bFirst, bLast]] = [rangeOf(a), rangeOf(b)]
      const holds = aFirst <= bFirst && bLast <= aLast
      const isHeld = bFirst <= aFirst && aLast <= bLast
      const disjoint = aLast < bFirst || bLast < aFirst
      const expected = holds && isHeld ? 'EQUAL' : holds ? 'SHADOWS' : isHeld ? 'SHADOWED_BY' : undefined
      return prefixRelation(a, b) === expected && (expected === undefined) === disjoint
    }),
    { numRuns: 2_000 },
  )
})

t.test('a number has each of its beginnings as a prefix, the longest first, and no other', async (t) => {
  t.same(prefixesOf(prefix('+9370')), ['+9370', '+937', '+93', '+9'])
  t.same(prefixesOf(prefix('+1')), ['+1'])
  t.equal(prefixesOf(prefix('+123456789012345')).length, 15)
  fc.assert(
    fc.property(anyPrefix, anyPrefix, (number, candidate) => {
      const relation = prefixRelation(candidate, number)
      return prefixesOf(number).includes(candidate) === (relation === 'EQUAL' || relation === 'SHADOWS')
    }),
    { numRuns: 2_000 },
  )
})

t.test('the length of a prefix is in digits', async (t) => {
  t.equal(prefixLength(prefix('+9')), 1)
  t.equal(prefixLength(prefix('+123456789012345')), 15)
})
