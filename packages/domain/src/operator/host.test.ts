import fc from 'fast-check'
import t from 'tap'
import { isDomainError } from '../errors.ts'
import { host } from './host.ts'

/** `raw` in ASCII: a test's name may hold no line end of any script. */
const shown = (raw: string): string =>
  [...raw.slice(0, 40)].map((c) => (/[ -~]/.test(c) ? c : `\\u{${c.codePointAt(0)?.toString(16)}}`)).join('')

const label63 = 'a'.repeat(63)
const name253 = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`

const ACCEPTED: readonly (readonly [raw: string, parsed: string])[] = [
  // names, RFC 1123 §2.1
  ['localhost', 'localhost'],
  ['smsc.example.net', 'smsc.example.net'],
  ['SMSC.Example.NET', 'smsc.example.net'],
  ['smsc.example.net.', 'smsc.example.net'],
  ['  smsc.example.net ', 'smsc.example.net'],
  ['3com.example', '3com.example'],
  ['1.2.3.example', '1.2.3.example'],
  ['123a', '123a'],
  ['0xyz', '0xyz'],
  ['a-b--c.example', 'a-b--c.example'],
  ['xn--mgbaam7a8h.example', 'xn--mgbaam7a8h.example'],
  ['a', 'a'],
  [label63, label63],
  [name253, name253],
  [`${name253}.`, name253],
  // IPv4
  ['192.0.2.1', '192.0.2.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['192.0.2.1.', '192.0.2.1'],
  // IPv6: RFC 5952 §1 and §2 list these spellings of one address
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8::0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0db8::1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:0:1::1', '2001:db8::1:0:0:1'],
  ['2001:db8:0000:0:1::1', '2001:db8::1:0:0:1'],
  ['2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
  // §4.1 leading zeros, §4.2.1 as short as possible, §4.2.2 no :: for one field, §4.2.3 the longest run, then the first
  ['2001:0db8::0001', '2001:db8::1'],
  ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
  ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  // §4.3 lower case
  ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:AAAA', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa'],
  ['::', '::'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::1', '::1'],
  ['fe80::', 'fe80::'],
  // §5 mixed notation where the prefix says so
  ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
  ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
  ['::ffff:c000:201', '::ffff:192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:0201', '::ffff:192.0.2.1'],
  ['::ffff:0:0', '::ffff:0.0.0.0'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
]

const REFUSED: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  '.example',
  'a..b',
  'example..',
  '-a.example',
  'a-.example',
  'a.-',
  'under_score.example',
  '*.example',
  'a b.example',
  'smsc.example.net/path',
  'user@smsc.example.net',
  'smsc.example.net?x',
  'smsc.example.net#x',
  'smsc%2eexample',
  `${label63}a`,
  `${label63}a.example`,
  `${name253}a`,
  `${name253}.a`,
  // a scheme, a port
  'smpp://smsc.example.net',
  'http://192.0.2.1',
  'smsc.example.net:2775',
  '192.0.2.1:2775',
  '[::1]',
  '[::1]:2775',
  // almost IPv4
  '256.1.1.1',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '1.2.3.04',
  '1.2.3.1000',
  '1.2.3.-4',
  '2130706433',
  '0',
  '0x7f000001',
  '0X7F.0.0.1',
  '127.0.0.0x1',
  '0x',
  'example.123',
  'example.0x1f',
  // almost IPv6
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  'g::1',
  '::1.2.3',
  '::1.2.3.4.5',
  '::ffff:256.1.1.1',
  '::ffff:01.2.3.4',
  '::1.',
  'fe80::1%eth0',
  'fe80::1%25eth0',
  '2001:db8::1/64',
  // beyond ASCII: international names come in their xn-- form
  'münchen.example',
  'смс.example',
  'روشن.example',
  '例え.jp',
  'ｅxample.net',
  'exam\u00adple.net',
  '\u212aelvin.example',
  'example。net',
  '١٩٢.0.2.1',
  '\u00a0example.net',
  // control characters, at the edges too
  'example.net\n',
  '\texample.net',
  'exa\u0000mple.net',
  'example.net\u007f',
  'example.net\u2028',
]

t.test('hosts that are accepted, in their one form', async (t) => {
  for (const [raw, parsed] of ACCEPTED) t.equal(host(raw), parsed, shown(raw))
})

t.test('hosts that are refused, naming the field', async (t) => {
  for (const raw of REFUSED) {
    const expected = { code: 'INVALID_PAYLOAD', errors: [{ path: 'host', message: /^must / }] }
    t.throws(() => host(raw), expected, shown(raw))
  }
  t.throws(() => host('', 'smsc'), { errors: [{ path: 'smsc' }] })
})

t.test('the message tells a scheme, brackets, a bad address and a bad name apart', async (t) => {
  t.throws(() => host('smpp://a'), { message: /scheme/ })
  t.throws(() => host('[::1]'), { message: /brackets/ })
  t.throws(() => host('a:2775'), { message: /IPv6 address without zone and port/ })
  t.throws(() => host('1.2.3'), { message: /four numbers/ })
  t.throws(() => host('a_b'), { message: /RFC 1123/ })
})

t.test('every name and address of its kind is accepted, and its form is final', async (t) => {
  const kinds = [fc.domain(), fc.ipV4(), fc.ipV6(), fc.domain().map((name) => `${name.toUpperCase()}.`)]
  fc.assert(fc.property(fc.oneof(...kinds), (raw) => host(host(raw)) === host(raw)))
  t.pass('held')
})

t.test('two spellings of an IPv6 address become one', async (t) => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(groups, (address) => {
      const short = address.map((group) => group.toString(16)).join(':')
      const long = address.map((group) => group.toString(16).toUpperCase().padStart(4, '0')).join(':')
      return host(short) === host(long)
    }),
  )
  t.pass('held')
})

t.test('any text is either refused as INVALID_PAYLOAD or has a final form in ASCII', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...Array.from('aF019:.-x%[] _é\u212a')) }),
    fc.ipV4Extended(),
  )
  const outcome = (raw: string) => {
    try {
      return host(raw)
    } catch (error) {
      return isDomainError(error, 'INVALID_PAYLOAD') ? undefined : error
    }
  }
  fc.assert(
    fc.property(text, (raw) => {
      const parsed = outcome(raw)
      return (
        parsed === undefined || (typeof parsed === 'string' && /^[a-z0-9.:-]+$/.test(parsed) && host(parsed) === parsed)
      )
    }),
    { numRuns: 1_000 },
  )
  t.pass('held')
})
