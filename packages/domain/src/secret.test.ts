import { format, inspect } from 'node:util'
import t from 'tap'
import { Secret } from './secret.ts'

const CANARY = 'Canary-77'

t.test('a secret gives its text to who asks for it by name', async (t) => {
  t.equal(new Secret(CANARY).reveal(), CANARY)
})

t.test('a secret prints as a marker, however it is printed', async (t) => {
  const secret = new Secret(CANARY)
  const nested = { operator: { credentials: [secret], map: new Map([['password', secret]]) } }
  const error = Object.assign(new Error('failed', { cause: nested }), { secret })
  const printed = {
    template: `${secret}`,
    string: String(secret),
    method: secret.toString(),
    locale: secret.toLocaleString(),
    concatenated: `a ${[secret, secret].join(',')}`,
    json: JSON.stringify(secret),
    'json nested': JSON.stringify(nested.operator.credentials),
    inspect: inspect(secret),
    'inspect nested': inspect(nested, { depth: 9 }),
    'inspect hidden': inspect(nested, { showHidden: true, getters: true, depth: 9, customInspect: true }),
    s: format('%s', secret),
    j: format('%j', secret),
    o: format('%o', nested),
    O: format('%O', nested),
    error: inspect(error, { depth: 9 }),
  }
  for (const [how, text] of Object.entries(printed)) {
    t.notMatch(text, CANARY, how)
    t.match(text, '[secret]', how)
  }
})

t.test('what looks into a secret or copies it finds nothing', async (t) => {
  const secret = new Secret(CANARY)
  t.notMatch(inspect(secret, { customInspect: false, showHidden: true, depth: 9 }), CANARY)
  t.same(Reflect.ownKeys(secret), [])
  t.same(Object.entries(Object.assign({}, secret)), [])
  t.notMatch(inspect(structuredClone(secret)), CANARY)
  t.notMatch(format('%d %i %f', secret, secret, secret), CANARY)
  t.ok(Number.isNaN(Number(secret)))
})
