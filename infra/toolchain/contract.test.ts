import t from 'tap'
import { type Contract, unannouncedBreaks } from './contract-compatibility.ts'
import { breakingChanges, type Document } from './contract-diff.ts'

const things = () => ({
  openapi: '3.1.0',
  info: { title: 'Things', version: '1.4.0' },
  security: [{ bearer: [] }],
  paths: {
    '/things': {
      get: {
        operationId: 'listThings',
        parameters: [
          { in: 'query', name: 'kind', required: false, schema: { type: 'string', enum: ['A', 'B'] } },
          { in: 'header', name: 'if-match', required: false, schema: { type: 'string' } },
        ],
        responses: {
          200: {
            description: 'A thing',
            headers: { ETag: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          404: {
            description: 'None',
            content: { 'application/problem+json': { schema: { type: 'object' }, examples: { NONE: { value: {} } } } },
          },
        },
      },
      post: {
        operationId: 'createThing',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                additionalProperties: false,
                required: ['name'],
                properties: {
                  name: { type: 'string', maxLength: 9, pattern: '^a' },
                  kind: { type: 'string', enum: ['A', 'B'] },
                  note: { type: ['string', 'null'] },
                  size: { type: 'integer', minimum: 1 },
                  limits: { type: 'object', properties: { type: { type: 'string' } } },
                },
              },
            },
          },
        },
        responses: {
          201: {
            description: 'Made',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
        },
      },
    },
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    schemas: {
      Thing: {
        type: 'object',
        required: ['id', 'kind'],
        properties: {
          id: { type: 'string' },
          kind: { type: 'string', enum: ['A', 'B'] },
          note: { type: ['string', 'null'] },
          state: { anyOf: [{ const: 'UP' }, { const: 'DOWN' }] },
          parts: {
            type: 'array',
            items: { type: 'object', required: ['no'], properties: { no: { type: 'integer' } } },
          },
        },
      },
    },
  },
})

/** New values by place; undefined is gone. */
type Change = Readonly<Record<string, unknown>>

const PLACES: Readonly<Record<string, readonly string[]>> = {
  get: ['paths', '/things', 'get'],
  ok: ['paths', '/things', 'get', 'responses', '200'],
  post: ['paths', '/things', 'post'],
  body: ['paths', '/things', 'post', 'requestBody', 'content', 'application/json', 'schema'],
  thing: ['components', 'schemas', 'Thing'],
}

function changed<T extends object>(root: T, change: Change): T {
  for (const [place, value] of Object.entries(change)) {
    const [first = '', ...rest] = place.split('.')
    const path = [...(PLACES[first] ?? [first]), ...rest]
    const last = path.pop() ?? ''
    const node = path.reduce<object>((parent, key) => Reflect.get(parent, key) as object, root)
    if (value === undefined) Reflect.deleteProperty(node, last)
    else Reflect.set(node, last, value)
  }
  return root
}

const text = { type: 'string' }

const BREAKING: Readonly<Record<string, Change>> = {
  'a path is gone': { 'paths./things': undefined },
  'an operation is gone': { post: undefined },
  'a success has another status': { 'post.responses': { 202: { description: 'Later' } } },
  'an answer comes as another media type': { 'ok.content': { 'text/csv': {} } },
  'an answer loses a header': { 'ok.headers': undefined },
  'an answer loses a field': { 'thing.properties.note': undefined },
  'a field of an answer may be missing': { 'thing.required': ['id'] },
  'a field of an answer has another type': { 'thing.properties.id.type': 'integer' },
  'a field of an answer may be null': { 'thing.properties.id.type': ['string', 'null'] },
  'a field of an answer has a new value': { 'thing.properties.kind.enum': ['A', 'B', 'C'] },
  'a field of an answer may be anything': { 'thing.properties.kind.enum': undefined },
  'a field of an answer has a new alternative': { 'thing.properties.state.anyOf.2': { const: 'IDLE' } },
  'a field of an answer has another constant': { 'thing.properties.state.anyOf.0.const': 'UPPER' },
  'a field deep in an answer is gone': { 'thing.properties.parts.items': { type: 'object' } },
  'a new field of a request is required': { 'body.properties.owner': text, 'body.required': ['name', 'owner'] },
  'a field of a request becomes required': { 'body.required': ['name', 'kind'] },
  'a field of a request is no longer taken': { 'body.properties.note': undefined },
  'a field of a request takes fewer values': { 'body.properties.kind.enum': ['A'] },
  'a field of a request takes other values': { 'body.properties.kind.enum': ['A', 'C'] },
  'a field of a request takes listed values only': { 'body.properties.name.enum': ['a'] },
  'a field of a request takes null no longer': { 'body.properties.note.type': 'string' },
  'a field of a request takes shorter text': { 'body.properties.name.maxLength': 8 },
  'a field of a request takes other text': { 'body.properties.name.pattern': '^b' },
  'a field of a request takes larger numbers': { 'body.properties.size.minimum': 2 },
  'a field named like a keyword is gone': { 'body.properties.limits.properties.type': undefined },
  'a part of a request is closed': { 'body.properties.limits.additionalProperties': false },
  'parameters are gone': { 'get.parameters': [] },
  'a parameter becomes required': { 'get.parameters.0.required': true },
  'a new parameter is required': { 'get.parameters.2': { in: 'query', name: 'of', required: true, schema: text } },
  'a parameter takes fewer values': { 'get.parameters.0.schema.enum': ['B'] },
  'callers need other credentials': { security: [{ mutualTLS: [] }] },
}

const FINE: Readonly<Record<string, Change>> = {
  nothing: {},
  'a new path': { 'paths./new': { get: { responses: { 204: { description: 'Yes' } } } } },
  'a new operation': { 'paths./things.put': { responses: { 204: { description: 'Yes' } } } },
  'a new field of an answer': { 'thing.properties.owner': text, 'thing.required': ['id', 'kind', 'owner'] },
  'a field of an answer is always there': { 'thing.required': ['id', 'kind', 'note'] },
  'a field of an answer is never null': { 'thing.properties.note.type': 'string' },
  'a field of an answer has fewer values': { 'thing.properties.kind.enum': ['B'] },
  'a new field of a request that may be missing': { 'body.properties.owner': text },
  'a field of a request may be missing': { 'body.required': [] },
  'a field of a request takes null, too': { 'body.properties.name.type': ['string', 'null'] },
  'a field of a request takes more values': { 'body.properties.kind.enum': ['A', 'B', 'C'] },
  'a field of a request takes any text': { 'body.properties.kind.enum': undefined },
  'a field of a request takes all numbers': { 'body.properties.size.type': 'number' },
  'a field of a request takes longer text': { 'body.properties.name.maxLength': 10 },
  'a request may have more': { 'body.additionalProperties': undefined },
  'a new parameter': { 'get.parameters.2': { in: 'query', name: 'of', schema: text } },
  'parameters in another order': { 'get.parameters': things().paths['/things'].get.parameters.toReversed() },
  'an error no longer comes': { 'get.responses.404': undefined },
  'a new error': { 'get.responses.409': { description: 'Taken' } },
  'better words': { 'get.summary': 'List things', 'thing.properties.id.description': 'A UUID' },
  'an error gains an example': { 'get.responses.404.content.application/problem+json.examples.GONE': { value: 1 } },
  'an example': { 'ok.content.application/json.example': { id: '1', kind: 'A' } },
  'a schema in its place, not referred to': { 'ok.content.application/json.schema': things().components.schemas.Thing },
}

t.test('what breaks callers is found, with path, operation and what broke', async (t) => {
  for (const [name, change] of Object.entries(BREAKING)) {
    const breaks = breakingChanges(things(), changed(things(), change))
    t.ok(breaks.length > 0, name)
    if (change.security !== undefined) continue
    for (const { path, method } of breaks) t.match(`${method} ${path}`, /^(get|post) \/things$/, name)
  }
  t.same(breakingChanges(things(), changed(things(), { 'body.properties.note': undefined })), [
    {
      path: '/things',
      method: 'post',
      what: '[Removed] property `note` in Request Body content (application/json), at requestBody content application/json schema properties note',
    },
  ])
})

t.test('what asks no less of us and no more of callers is fine', async (t) => {
  for (const [name, change] of Object.entries(FINE)) {
    t.same(breakingChanges(things(), changed(things(), change)), [], name)
  }
})

const NOTHING: Contract = { apis: {}, sent: {}, taken: {} }
const api = (document: ReturnType<typeof things>): Contract => ({
  ...NOTHING,
  apis: { 'things-api': { version: document.info.version, document } },
})

t.test('an API may break with a new major version, not with a minor one, and does not vanish', async (t) => {
  const breaking = (version: string) => api(changed(things(), { post: undefined, 'info.version': version }))
  for (const version of ['1.4.0', '1.5.0']) {
    t.match(unannouncedBreaks(api(things()), breaking(version)), [/^things-api: POST \/things: /], version)
  }
  t.same(unannouncedBreaks(api(things()), breaking('2.0.0')), [])
  t.same(unannouncedBreaks(api(things()), NOTHING), ['things-api: has no OpenAPI document any more'])
  t.same(unannouncedBreaks(NOTHING, api(things())), [], 'nothing was promised yet')
})

const message = (change: Change = {}): Document =>
  changed(
    {
      type: 'object',
      additionalProperties: false,
      required: ['id', 'state'],
      properties: { id: text, state: { anyOf: [{ const: 'UP' }, { const: 'DOWN' }] }, why: text },
    },
    change,
  )

const LOSES = {
  'a field is gone': { 'properties.why': undefined },
  'a field has another type': { 'properties.id': { type: 'integer' } },
}
const PROMISES_LESS = {
  'a field may be missing': { required: ['id'] },
  'a field has a new value': { 'properties.state.anyOf.2': { const: 'IDLE' } },
  'it is closed no more': { additionalProperties: undefined },
}
const ASKS_MORE = {
  'a field has to be there': { required: ['id', 'state', 'why'] },
  'a field has a value less': { 'properties.state.anyOf': [{ const: 'UP' }] },
}
const ADDS = { 'a new field that may be missing': { 'properties.more': text } }

t.test('what we send may promise more and never less; what we take may ask less and never more', async (t) => {
  const judged = (side: 'sent' | 'taken', change: Change) =>
    unannouncedBreaks(
      { ...NOTHING, [side]: { 'thing.v1': message() } },
      { ...NOTHING, [side]: { 'thing.v1': message(change) } },
    )
  const breaks = [/^thing\.v1: .*; a break needs a subject of the next version$/]
  for (const [name, change] of Object.entries({ ...LOSES, ...PROMISES_LESS })) {
    t.match(judged('sent', change), breaks, `sent: ${name}`)
  }
  for (const [name, change] of Object.entries({ ...ASKS_MORE, ...ADDS })) {
    t.same(judged('sent', change), [], `sent: ${name}`)
  }
  for (const [name, change] of Object.entries({ ...LOSES, ...ASKS_MORE })) {
    t.match(judged('taken', change), breaks, `taken: ${name}`)
  }
  for (const [name, change] of Object.entries({ ...PROMISES_LESS, ...ADDS })) {
    t.same(judged('taken', change), [], `taken: ${name}`)
  }
})

t.test('a subject ends when one of a later version is there', async (t) => {
  const known = { ...NOTHING, sent: { 'thing.v1': message(), dead: message() } }
  t.same(unannouncedBreaks(known, { ...NOTHING, sent: { 'thing.v2': message(), dead: message() } }), [])
  t.same(unannouncedBreaks(known, NOTHING), [
    'thing.v1: is gone, and no later version of it is there',
    'dead: is gone, and no later version of it is there',
  ])
})
