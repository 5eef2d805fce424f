import t from 'tap'
import { SENT_MESSAGES } from './generated.ts'
import { partsOf, SECRET_NAME } from './schema-walk.ts'

const LEAVES = ['string', 'integer', 'number', 'boolean', 'null']

/** Where a message of this schema could carry what nobody has listed, or a secret by its name. */
function leaks(schema: object): string[] {
  return partsOf(schema as Readonly<Record<string, unknown>>).flatMap(({ path, name, schema }) => {
    const found: string[] = []
    if (name !== undefined && SECRET_NAME.test(name)) found.push(`${path} is named like a secret`)
    if (schema.patternProperties !== undefined) found.push(`${path} takes any names`)
    const { type, anyOf, items } = schema
    const isClosed = type === 'object' && schema.additionalProperties === false
    const isList = type === 'array' && items !== undefined
    if (!isClosed && !isList && !LEAVES.includes(String(type)) && !Array.isArray(anyOf)) found.push(`${path} is open`)
    // The one name that is near a secret: which version of it Vault holds.
    if (/credentials/i.test(name ?? '') && type !== 'integer') found.push(`${path} is more than a version`)
    return found
  })
}

t.test('no message has room for a password', async (t) => {
  t.ok(Object.keys(SENT_MESSAGES).length >= 6)
  for (const [subject, schema] of Object.entries(SENT_MESSAGES)) t.same(leaks(schema), [], subject)
})

t.test('room for a password is found wherever it is', async (t) => {
  const text = { type: 'string' }
  const closed = (properties: object) => ({ type: 'object', additionalProperties: false, properties })
  const within = (schema: object) =>
    leaks(closed({ a: { type: 'array', items: { anyOf: [{ type: 'null' }, schema] } } }))
  t.same(within(closed({ b: text, credentials: { type: 'integer' } })), [])
  t.same(within({ type: 'object', properties: { b: text } }), ['.a.* is open'])
  t.same(within(closed({ b: {} })), ['.a.*.b is open'])
  t.same(within({ type: 'array' }), ['.a.* is open'])
  t.same(within({ type: 'array', items: {} }), ['.a.*.* is open'])
  t.same(within({ ...closed({}), additionalProperties: text }), ['.a.* is open'])
  t.same(within({ ...closed({}), patternProperties: { '^.*$': text } }), ['.a.* takes any names'])
  t.same(within(closed({ credentials: text })), ['.a.*.credentials is more than a version'])
  for (const name of ['password', 'newPassword', 'client_secret', 'accessToken', 'apiKey', 'privateKey', 'passwd']) {
    t.same(within(closed({ [name]: text })), [`.a.*.${name} is named like a secret`])
  }
  t.throws(() => within({ $ref: '#/elsewhere' }))
})
