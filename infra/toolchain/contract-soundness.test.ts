// The verdicts of the contract check against what they mean: JSON values, and whether they are valid before and after.
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import t from 'tap'
import { breakingChanges, type Document } from './contract-diff.ts'

type Schema = {
  type?: string | readonly string[] | undefined
  const?: string | undefined
  enum?: readonly string[] | undefined
  anyOf?: readonly Schema[] | undefined
  properties?: Readonly<Record<string, Schema>> | undefined
  required?: readonly string[] | undefined
  additionalProperties?: boolean | undefined
  items?: Schema | undefined
  pattern?: string | undefined
} & { [limit in (typeof LIMITS)[number]]?: number | undefined }

const LIMITS = ['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'] as const

const NAMES = ['a', 'b'] as const
const TEXTS = ['A', 'B', 'ab'] as const
const name = fc.constantFrom(...NAMES)
const text = fc.constantFrom(...TEXTS)
const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] })

const { schema } = fc.letrec<{ schema: Schema; leaf: Schema; object: Schema; array: Schema; union: Schema }>((tie) => ({
  leaf: fc.oneof(
    some({ maxLength: fc.nat(2), minLength: fc.nat(2), pattern: fc.constantFrom('^a', '^[AB]$') }).map((more) => ({
      type: 'string',
      ...more,
    })),
    fc.uniqueArray(text, { minLength: 1 }).map((values) => ({ type: 'string', enum: values })),
    text.map((value) => ({ type: 'string', const: value })),
    fc
      .tuple(fc.constantFrom('integer', 'number'), some({ minimum: fc.nat(2), maximum: fc.nat(3) }))
      .map(([type, more]) => ({ type, ...more })),
    fc.constantFrom({ type: 'boolean' }, { type: 'null' }, { type: ['string', 'null'] }),
  ),
  object: fc
    .record({ properties: fc.dictionary(name, tie('schema'), { maxKeys: 2 }), wanted: name, closed: fc.boolean() })
    .map(({ properties, wanted, closed }) => ({
      type: 'object',
      properties,
      ...(wanted in properties ? { required: [wanted] } : {}),
      ...(closed ? { additionalProperties: false } : {}),
    })),
  array: some({ items: tie('schema'), minItems: fc.nat(1), maxItems: fc.nat(2) }).map((more) => ({
    type: 'array',
    ...more,
  })),
  union: fc.array(tie('schema'), { minLength: 2, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  schema: fc.oneof(
    { depthSize: 'small' },
    { arbitrary: tie('leaf'), weight: 3 },
    { arbitrary: tie('object'), weight: 3 },
    { arbitrary: tie('array'), weight: 1 },
    { arbitrary: tie('union'), weight: 1 },
  ),
}))

type Hand = Readonly<{ other: Schema; name: string; text: string }>

/** Small changes such as people make. One that has nothing to change answers with the same schema. */
const EDITS: readonly ((schema: Schema, hand: Hand) => Schema)[] = [
  (_, { other }) => other,
  (schema) => ({ anyOf: [schema, { type: 'null' }] }),
  (schema, { name, other }) => withProperty(schema, name, other),
  (schema, { name }) => ({
    ...withProperty(schema, name, undefined),
    required: schema.required?.filter((each) => each !== name),
  }),
  (schema, { name }) =>
    schema.properties?.[name] === undefined ? schema : { ...schema, required: [...(schema.required ?? []), name] },
  (schema) => ({ ...schema, required: undefined }),
  (schema) => (schema.properties ? { ...schema, additionalProperties: schema.additionalProperties === false } : schema),
  (schema, { text }) => ({ ...schema, enum: schema.enum && [...schema.enum, text] }),
  (schema, { text }) => ({ ...schema, enum: schema.enum?.map((each) => (each === text ? 'C' : each)) }),
  (schema) => ({ ...schema, enum: butFirst(schema.enum) }),
  (schema, { text }) => (schema.type === 'string' ? { ...schema, enum: schema.enum ?? [text] } : schema),
  (schema) => ({ ...schema, enum: undefined }),
  (schema) => ({ ...schema, const: undefined }),
  (schema, { other }) => ({ ...schema, anyOf: schema.anyOf && [...schema.anyOf, other] }),
  (schema) => ({ ...schema, anyOf: butFirst(schema.anyOf) }),
  (schema) => (schema.type === 'string' ? { ...schema, type: ['string', 'null'] } : schema),
  (schema) => (schema.type === 'number' ? { ...schema, type: 'integer' } : schema),
  (schema) => (schema.type === 'integer' ? { ...schema, type: 'number' } : schema),
  (schema) => ({ ...schema, pattern: undefined }),
  (schema) => ({ ...schema, items: undefined }),
  ...LIMITS.flatMap((limit) => [
    (schema: Schema) => ({ ...schema, [limit]: schema[limit] === undefined ? undefined : schema[limit] + 1 }),
    (schema: Schema) => ({ ...schema, [limit]: undefined }),
  ]),
]

const butFirst = <T>(items: readonly T[] | undefined) => items?.filter((_, index) => index > 0 || items.length === 1)

const withProperty = (schema: Schema, name: string, property: Schema | undefined): Schema =>
  schema.properties === undefined
    ? schema
    : ({ ...schema, properties: { ...schema.properties, [name]: property } } as Schema)

/** The schema itself, or one of those in it by chance, edited. */
function editedAt(schema: Schema, places: readonly number[], edit: (part: Schema) => Schema): Schema {
  const [place = 0, ...deeper] = places
  const names = Object.keys(schema.properties ?? {})
  const name = names[place % (names.length + 1)]
  if (name !== undefined && schema.properties?.[name] !== undefined) {
    return withProperty(schema, name, editedAt(schema.properties[name], deeper, edit))
  }
  if (schema.items !== undefined && place % 2 === 0) return { ...schema, items: editedAt(schema.items, deeper, edit) }
  if (schema.anyOf !== undefined && place % 2 === 0) {
    const at = place % schema.anyOf.length
    return { ...schema, anyOf: schema.anyOf.map((each, index) => (index === at ? editedAt(each, deeper, edit) : each)) }
  }
  return edit(schema)
}

const edited = fc
  .record({
    before: schema,
    other: schema,
    name,
    text,
    places: fc.array(fc.nat(7), { minLength: 3, maxLength: 3 }),
    edit: fc.constantFrom(...EDITS),
  })
  .map(({ before, places, edit, ...hand }) => ({
    before,
    after: JSON.parse(JSON.stringify(editedAt(before, places, (part) => edit(part, hand)))) as Schema,
  }))
  .filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>('A', 'B', 'C', 'ab', 'a', '', null, true, 0, 1, 1.5, 2, 3, 4),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 2 }),
  ),
}))

const ajv = new Ajv2020({ strict: false, validateSchema: false })
/** Whether a value is valid where objects that do not speak of others are taken as closed, or closed ones as open. */
function checkOf(root: Schema, others?: 'closed' | 'open'): (value: unknown) => boolean {
  const rewritten = JSON.parse(JSON.stringify(root), (_key, node: Schema | null) => {
    if (others === 'closed' && node?.type === 'object') return { ...node, additionalProperties: false }
    if (others === 'open' && node?.additionalProperties === false) return { ...node, additionalProperties: true }
    return node
  }) as Schema
  return ajv.compile(rewritten)
}

const content = (schema: Schema) => ({ 'application/json': { schema } })
const withOperation = (post: object): Document => ({
  openapi: '3.1.0',
  info: { title: 'T', version: '1' },
  paths: { '/': { post } },
})
const answering = (schema: Schema) =>
  withOperation({ responses: { 200: { description: '', content: content(schema) } } })
const taking = (schema: Schema) => withOperation({ requestBody: { content: content(schema) }, responses: {} })

t.test(
  'a change that is let through refuses no request that was valid, and no answer is one that was not',
  async (t) => {
    const values = fc.sample(value, { numRuns: 800, seed: 1 })
    const counts = { judged: 0, passed: 0 }
    fc.assert(
      fc.property(edited, ({ before, after }) => {
        counts.judged += 2
        if (breakingChanges(taking(before), taking(after)).length === 0) {
          counts.passed += 1
          const [was, is] = [checkOf(before, 'closed'), checkOf(after)]
          const refused = values.filter((each) => was(each) && !is(each))
          if (refused.length > 0) throw new Error(`a request: ${JSON.stringify(refused[0])}`)
        }
        // Readers pass over fields that they do not know, even of what was closed.
        if (breakingChanges(answering(before), answering(after)).length === 0) {
          counts.passed += 1
          const [was, is] = [checkOf(before, 'open'), checkOf(after)]
          const surprising = values.filter((each) => is(each) && !was(each))
          if (surprising.length > 0) throw new Error(`an answer: ${JSON.stringify(surprising[0])}`)
        }
      }),
      { numRuns: 250 },
    )
    t.ok(counts.passed > counts.judged / 10, `${counts.passed} of ${counts.judged} were let through`)
  },
)
