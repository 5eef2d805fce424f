import fc from 'fast-check'
import t, { type Test } from 'tap'
import { isDomainError } from '../errors.ts'
import { BIND_TYPES } from './bind-type.ts'
import { mnoId } from './mno-id.ts'
import { notes } from './notes.ts'
import { isOperatorId } from './operator-id.ts'
import { operatorName } from './operator-name.ts'
import { password, passwordWarnings } from './password.ts'
import { port } from './port.ts'
import { assertStatusTransition, OPERATOR_STATUSES } from './status.ts'
import { systemId } from './system-id.ts'
import { systemType } from './system-type.ts'
import { TPS_LIMIT_DEFAULTS, tpsLimit } from './tps-limit.ts'

/** `raw` in ASCII: a test's name may hold no line end of any script. */
const shown = (raw: string): string =>
  [...raw.slice(0, 40)].map((c) => (/[ -~]/.test(c) ? c : `\\u{${c.codePointAt(0)?.toString(16)}}`)).join('')

/** Each text becomes what it is paired with, `undefined` being a refusal that names `path`. */
function table(
  t: Test,
  { parse, path }: Readonly<{ parse: (raw: string) => string; path: string }>,
  rows: readonly (readonly [raw: string, parsed: string | undefined])[],
): void {
  for (const [raw, parsed] of rows) {
    if (parsed === undefined) {
      t.throws(
        () => parse(raw),
        { code: 'INVALID_PAYLOAD', errors: [{ path, message: /^must / }] },
        `${shown(raw)} is refused`,
      )
    } else {
      t.equal(parse(raw), parsed, `${shown(raw)} is accepted`)
    }
  }
}

/** Any sequence of UTF-16 units: lone surrogates and control characters included. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.string({ unit: fc.constantFrom(...Array.from(' \t\r\n\u0000\u00a0\u2028aé\u0301\u1100\u1161😀')) }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
)

/** A parser refuses with INVALID_PAYLOAD or gives a text that it leaves as it is. */
function isFinal(parse: (raw: string) => string): void {
  fc.assert(
    fc.property(anyText, (raw) => {
      let parsed: string
      try {
        parsed = parse(raw)
      } catch (error) {
        return isDomainError(error, 'INVALID_PAYLOAD')
      }
      return parse(parsed) === parsed
    }),
    { numRuns: 500 },
  )
}

t.test('a name is NFC, trimmed, 1-128 characters without control characters', async (t) => {
  table(t, { parse: operatorName, path: 'name' }, [
    ['Roshan', 'Roshan'],
    ['  Etisalat  AF ', 'Etisalat  AF'],
    ['\u00a0Roshan\u3000', 'Roshan'],
    ['Te\u0301le\u0301com', 'Télécom'],
    ['روشن', 'روشن'],
    ['O\'Neil & "Co" <b>; DROP--', 'O\'Neil & "Co" <b>; DROP--'],
    ['=cmd()', '=cmd()'],
    ['a', 'a'],
    ['x'.repeat(128), 'x'.repeat(128)],
    ['x'.repeat(129), undefined],
    [` ${'x'.repeat(128)} `, 'x'.repeat(128)],
    ['😀'.repeat(128), '😀'.repeat(128)],
    ['😀'.repeat(129), undefined],
    ['e\u0301'.repeat(128), 'é'.repeat(128)],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
    ['', undefined],
    ['   ', undefined],
    ['\u00a0', undefined],
    ['a\u0000b', undefined],
    ['a\nb', undefined],
    ['a\tb', undefined],
    ['Roshan\n', undefined],
    ['\r\nRoshan', undefined],
    ['a\u007fb', undefined],
    ['a\u0085b', undefined],
    ['a\u009fb', undefined],
    ['a\u2028b', undefined],
    ['a\u2029b', undefined],
    ['a\ud800b', undefined],
    ['\udc00', undefined],
    ['😀'.slice(0, 1), undefined],
  ])
  isFinal(operatorName)
})

t.test('notes keep LF and TAB, and CRLF becomes LF', async (t) => {
  table(t, { parse: notes, path: 'notes' }, [
    ['', ''],
    [' kept as it is ', ' kept as it is '],
    ['one\r\ntwo\r\n', 'one\ntwo\n'],
    ['one\n\ttwo', 'one\n\ttwo'],
    ['one\rtwo', undefined],
    ['one\r\r\ntwo', undefined],
    ['a\u0000b', undefined],
    ['a\u000bb', undefined],
    ['a\u001bb', undefined],
    ['a\u007fb', undefined],
    ['a\u0085b', undefined],
    ['a\u2028b', undefined],
    ['\ud83d', undefined],
    ['x'.repeat(2_000), 'x'.repeat(2_000)],
    ['x'.repeat(2_001), undefined],
    ['😀'.repeat(2_000), '😀'.repeat(2_000)],
    ['😀'.repeat(2_001), undefined],
    ['\r\n'.repeat(2_000), '\n'.repeat(2_000)],
  ])
  isFinal(notes)
})

t.test('a system id is 1-15 visible ASCII characters (SMPP 3.4 §5.2.1)', async (t) => {
  table(t, { parse: systemId, path: 'systemId' }, [
    ['roshan', 'roshan'],
    ['!~', '!~'],
    ['CaseIsKept', 'CaseIsKept'],
    ['x'.repeat(15), 'x'.repeat(15)],
    ['x'.repeat(16), undefined],
    ['', undefined],
    ['a b', undefined],
    [' a', undefined],
    ['a\n', undefined],
    ['a\u0000', undefined],
    ['a\u007f', undefined],
    ['é', undefined],
    ['😀', undefined],
  ])
  isFinal(systemId)
})

t.test('a system type is 0-12 printable ASCII characters (SMPP 3.4 §5.2.3)', async (t) => {
  table(t, { parse: systemType, path: 'systemType' }, [
    ['', ''],
    ['SMPP', 'SMPP'],
    ['VMS 1~', 'VMS 1~'],
    ['x'.repeat(12), 'x'.repeat(12)],
    ['x'.repeat(13), undefined],
    ['a\n', undefined],
    ['a\tb', undefined],
    ['\u007f', undefined],
    ['é', undefined],
  ])
  isFinal(systemType)
})

t.test('a password is 1-16 visible ASCII characters', async (t) => {
  table(t, { parse: (raw) => password(raw).reveal(), path: 'password' }, [
    ['p', 'p'],
    ['!"#$%&\'()*+,-./', '!"#$%&\'()*+,-./'],
    ['x'.repeat(16), 'x'.repeat(16)],
    ['x'.repeat(17), undefined],
    ['', undefined],
    ['a b', undefined],
    ['a\n', undefined],
    ['a\u0000b', undefined],
    ['pässword', undefined],
  ])
})

t.test('a refused password is not in its error', async (t) => {
  const refused = 'Canary-77 with blanks'
  t.throws(() => password(refused), { message: 'password: must be 1-16 visible ASCII characters' })
})

t.test('a password beyond the 8 characters of SMPP 3.4 §5.2.2 brings a warning', async (t) => {
  t.same(passwordWarnings(password('12345678')), [])
  t.match(passwordWarnings(password('123456789')), [
    { code: 'PASSWORD_LONGER_THAN_SMPP_3_4', path: 'password', message: /allows 8/ },
  ])
})

t.test('an MNO id is a slug of 1-63 characters', async (t) => {
  table(t, { parse: mnoId, path: 'mnoId' }, [
    ['roshan', 'roshan'],
    ['3-uk', '3-uk'],
    ['a-', 'a-'],
    ['x'.repeat(63), 'x'.repeat(63)],
    ['x'.repeat(64), undefined],
    ['', undefined],
    ['-a', undefined],
    ['Roshan', undefined],
    ['a_b', undefined],
    ['a b', undefined],
    ['a\n', undefined],
    ['é', undefined],
  ])
})

t.test('an operator id is safe in a subject token, a key, a path and a URL', async (t) => {
  const good = ['0f8fad5b-d9cb-469f-a165-70867728950e', 'a', '9', 'AF_Roshan-1', 'x'.repeat(64)]
  const bad = ['', '-a', '_a', 'a.b', 'a*', '>', 'a b', 'a/b', '..', '../a', 'a%2f', 'a:b', 'é', 'a\n', 'x'.repeat(65)]
  for (const id of good) t.equal(isOperatorId(id), true, id)
  for (const id of bad) t.equal(isOperatorId(id), false, shown(id))
})

t.test('a port is an integer from 1 to 65535', async (t) => {
  for (const raw of [1, 2775, 65_535]) t.equal(port(raw), raw)
  for (const raw of [0, -0, -1, 65_536, 2775.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    t.throws(() => port(raw), { code: 'INVALID_PAYLOAD', errors: [{ path: 'port' }] }, String(raw))
  }
})

t.test('bind types are those of SMPP 3.4 §4.1', async (t) => {
  t.same(BIND_TYPES, ['TRANSCEIVER', 'TRANSMITTER', 'RECEIVER'])
})

t.test('a TPS limit has defaults for all but its rate', async (t) => {
  const defaults = { burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' }
  t.same(TPS_LIMIT_DEFAULTS, defaults)
  t.same(tpsLimit({ maxTps: 50 }), { maxTps: 50, ...defaults })
  const all = { maxTps: 1, burstMultiplier: 2, burstWindowMs: 100, enforcementMode: 'SOFT_THROTTLE' } as const
  t.same(tpsLimit(all), all)
})

t.test('each member of a TPS limit has its bounds', async (t) => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
  const cases = [
    ['maxTps', [1, 1_000_000], [0, -1, 1.5, 1_000_001, nan, infinity]],
    ['burstMultiplier', [1, 1.01, 1.1, 99.99], [0.99, 0, -1, 100, 1.001, 1.005, 99.999, nan, infinity]],
    ['burstWindowMs', [100, 60_000], [99, 60_001, 100.5, nan, infinity]],
  ] as const
  for (const [member, good, bad] of cases) {
    for (const value of good) t.equal(tpsLimit({ maxTps: 5, [member]: value })[member], value, `${member} ${value}`)
    for (const value of bad) {
      const refused = { code: 'INVALID_PAYLOAD', errors: [{ path: `tpsLimit.${member}`, message: / from \S+ to / }] }
      t.throws(() => tpsLimit({ maxTps: 5, [member]: value }), refused, `${member} ${value}`)
    }
  }
  t.throws(() => tpsLimit({ maxTps: 0 }, 'limit'), { errors: [{ path: 'limit.maxTps' }] })
  t.throws(() => tpsLimit({ maxTps: 0 }, ''), { errors: [{ path: 'maxTps' }] })
})

t.test('a burst multiplier may have any two decimals', async (t) => {
  const refused: number[] = []
  for (let hundredths = 100; hundredths <= 9_999; hundredths += 1) {
    const burstMultiplier = hundredths / 100
    if (tpsLimit({ maxTps: 1, burstMultiplier }).burstMultiplier !== burstMultiplier) refused.push(burstMultiplier)
  }
  t.same(refused, [])
})

t.test('an operator moves between its statuses along the machine and no other way', async (t) => {
  const steps = {
    INACTIVE: { INACTIVE: true, ACTIVE: true, SUSPENDED: false },
    ACTIVE: { INACTIVE: true, ACTIVE: true, SUSPENDED: true },
    SUSPENDED: { INACTIVE: true, ACTIVE: true, SUSPENDED: true },
  } as const
  for (const from of OPERATOR_STATUSES) {
    for (const to of OPERATOR_STATUSES) {
      const step = () => assertStatusTransition(from, to)
      if (steps[from][to]) t.doesNotThrow(step, `${from} to ${to}`)
      else
        t.throws(step, {
          code: 'INVALID_STATUS_TRANSITION',
          message: `an operator that is ${from} cannot become ${to}`,
        })
    }
  }
})
