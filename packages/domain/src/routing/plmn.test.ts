import fc from 'fast-check'
import t from 'tap'
import { anySelector } from '../../test/support/routing.ts'
import { ANY_PLMN, plmnMatch, type PlmnSelector, plmnSelector, plmnSpecificity, selectorsOverlap } from './plmn.ts'

const country = plmnSelector({ mcc: '412' })
const network = plmnSelector({ mcc: '412', mnc: '01' })

t.test('a selector is every network, a country, or one network', async (t) => {
  t.same(plmnSelector({}), { mcc: null, mnc: null })
  t.same(plmnSelector({ mcc: null, mnc: null }), ANY_PLMN)
  t.same(plmnSelector({ mcc: '412' }), { mcc: '412', mnc: null })
  t.same(plmnSelector({ mcc: '001', mnc: '01' }), { mcc: '001', mnc: '01' })
  t.same(plmnSelector({ mcc: '412', mnc: '001' }), { mcc: '412', mnc: '001' })
})

t.test('what cannot be a code is refused by its name', async (t) => {
  for (const mcc of ['', '41', '4120', ' 412', '412\n', 'abc', '٤١٢']) {
    t.throws(() => plmnSelector({ mcc }), { code: 'INVALID_PAYLOAD', errors: [{ path: 'mcc' }] }, JSON.stringify(mcc))
  }
  for (const mnc of ['', '1', '0001', ' 01', '1.0', 'ab']) {
    const refused = { code: 'INVALID_PAYLOAD', errors: [{ path: 'mnc', message: 'must be two or three digits' }] }
    t.throws(() => plmnSelector({ mcc: '412', mnc }), refused, JSON.stringify(mnc))
  }
  t.throws(() => plmnSelector({ mnc: '01' }), { errors: [{ path: 'mnc', message: 'needs an mcc' }] })
})

/** All networks there are, as far as `anySelector` can tell them apart. */
const NETWORKS = ['412', '413', '414'].flatMap((mcc) => ['01', '001', '010', '99'].map((mnc) => ({ mcc, mnc })))
const takesIn = (selector: PlmnSelector) => (one: Readonly<{ mcc: string; mnc: string }>) =>
  [null, one.mcc].includes(selector.mcc) && [null, one.mnc].includes(selector.mnc)

t.test('two selectors overlap when some network is meant by both', async () => {
  fc.assert(
    fc.property(anySelector, anySelector, (a, b) => {
      const both = NETWORKS.filter(takesIn(a)).some(takesIn(b))
      return selectorsOverlap(a, b) === both && selectorsOverlap(b, a) === both
    }),
    { numRuns: 500 },
  )
})

t.test('the more a selector says, the more specific it is', async (t) => {
  t.same([ANY_PLMN, country, network].map(plmnSpecificity), [0, 1, 2])
})

t.test('a message is matched by what is known of its network', async (t) => {
  const other = plmnSelector({ mcc: '413' })
  const cases = [
    [ANY_PLMN, ANY_PLMN, 'MATCH'],
    [ANY_PLMN, network, 'MATCH'],
    [country, network, 'MATCH'],
    [country, country, 'MATCH'],
    [network, network, 'MATCH'],
    [country, ANY_PLMN, 'NOT_GIVEN'],
    [network, ANY_PLMN, 'NOT_GIVEN'],
    [network, country, 'NOT_GIVEN'],
    [country, other, 'MISMATCH'],
    [network, other, 'MISMATCH'],
    [network, plmnSelector({ mcc: '412', mnc: '001' }), 'MISMATCH'],
    [network, plmnSelector({ mcc: '413', mnc: '01' }), 'MISMATCH'],
  ] as const
  for (const [selector, known, expected] of cases) {
    t.equal(plmnMatch(selector, known), expected, `${JSON.stringify(selector)} for ${JSON.stringify(known)}`)
  }
  fc.assert(
    fc.property(anySelector, anySelector, (selector, known) => {
      const possible = NETWORKS.filter(takesIn(known)).map(takesIn(selector))
      const expected = possible.every(Boolean) ? 'MATCH' : possible.some(Boolean) ? 'NOT_GIVEN' : 'MISMATCH'
      return plmnMatch(selector, known) === expected
    }),
    { numRuns: 500 },
  )
})
