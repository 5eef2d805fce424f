import type { TObject, TSchema } from '@sinclair/typebox'

/** In every bad value of a password, to be looked for where it must not be. */
export const CANARY = 'CaNaRy'

export type BadBody = Readonly<{ title: string; path: string; body: unknown }>

type Fields = Readonly<Record<string, unknown>>

type Facts = Readonly<{
  type?: string | readonly string[]
  enum?: readonly unknown[]
  minimum?: number
  maximum?: number
}>

/** More characters than the field takes, by its dotted path. */
const TOO_LONG: Readonly<Record<string, number>> = {
  name: 129,
  host: 254,
  systemId: 16,
  systemType: 13,
  password: 17,
  notes: 2_001,
  mnoId: 64,
}

const MAY_BE_EMPTY = new Set(['systemType', 'notes'])

/**
 * `valid` with one thing wrong at a time, for every field of the schema: missing, of another type, out of range, too
 * long, with control characters, NUL and lone surrogates, and with fields that it does not know.
 */
export function badBodies(schema: TObject, valid: Fields, at: readonly string[] = []): BadBody[] {
  const required = new Set(schema.required ?? [])
  const cases = Object.entries(schema.properties).flatMap(([field, of]) => {
    const path = [...at, field]
    const faults = badValues(of, path).map(([what, value]) => ({
      title: `${path.join('.')} ${what}`,
      path: path.join('.'),
      body: { ...valid, [field]: value },
    }))
    const { [field]: own, ...without } = valid
    const missing = { title: `${path.join('.')} is missing`, path: path.join('.'), body: without }
    const below =
      of.type === 'object'
        ? badBodies(of as TObject, own as Fields, path).map((each) => ({
            ...each,
            body: { ...valid, [field]: each.body },
          }))
        : []
    return [...faults, ...(required.has(field) ? [missing] : []), ...below]
  })
  return [...cases, ...unknownFields(schema, valid, at)]
}

const UNKNOWN = [
  'unknown',
  'Name',
  'operatorId',
  'version',
  'createdAt',
  'deletedAt',
  'healthState',
  'credentialsVersion',
  'status',
]
const POLLUTING = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']

const unknownFields = (schema: TObject, valid: Fields, at: readonly string[]): BadBody[] =>
  [...UNKNOWN, ...POLLUTING]
    .filter((field) => !Object.hasOwn(schema.properties, field))
    .flatMap((field) => {
      const path = [...at, field].join('.')
      return [1, {}, { prototype: { polluted: true } }].map((value) => ({
        title: `${path} is not known, as ${JSON.stringify(value)}`,
        path,
        body: { ...valid, [field]: value },
      }))
    })

type BadValue = readonly [what: string, value: unknown]

function badValues(schema: TSchema, path: readonly string[]): BadValue[] {
  const { type, enum: choices, minimum, maximum } = schema as Facts
  const types = [type].flat()
  const wrong: BadValue[] = (
    [
      ['null', null],
      ['string', '1'],
      ['number', 1],
      ['boolean', true],
      ['array', [CANARY]],
      ['object', { [CANARY]: 1 }],
    ] as const
  )
    .filter(([name]) => !types.includes(name) && !(name === 'number' && types.includes('integer')))
    .map(([name, value]) => [`is of type ${name}`, value])
  if (choices !== undefined)
    return [...wrong, ...['', 'NONE', String(choices[0]).toLowerCase()].map(named('is no choice'))]
  if (types.includes('string')) return [...wrong, ...badTexts(path.join('.'))]
  if (types.includes('object')) return wrong
  const fraction = types.includes('integer') ? 1.5 : 1.005
  const numbers = [fraction, (minimum ?? 0) - 1, (maximum ?? 0) + 1, -0, 1e300, -1e300]
  return [...wrong, ...numbers.map(named('is out of range'))]
}

function badTexts(path: string): BadValue[] {
  const stem = path === 'password' ? CANARY : 'x'
  const letters = 'x'.repeat(TOO_LONG[path] ?? Number.NaN)
  const controls = [
    '\u0001',
    '\r',
    '\u001b[31m',
    '\u007f',
    '\u0085',
    '\u2028',
    ...(path === 'notes' ? [] : ['\n', '\t']),
  ]
  return [
    ...controls.map((character) => named('has a control character')(`${stem}${character}y`)),
    ['has a NUL', `${stem}\0y`],
    ['has a lone surrogate', `${stem}\ud800y`],
    ['ends in half a pair', `${stem}\udc00`],
    ['is too long', letters],
    ['is far too long', `${stem}${'x'.repeat(100_000)}`],
    ...(path === 'name' || path === 'notes' ? [] : [['is not ASCII', `${stem}é`] as const]),
    ...(MAY_BE_EMPTY.has(path) ? [] : [['is empty', ''] as const, ['is blank', '   '] as const]),
  ]
}

const named =
  (what: string) =>
  (value: unknown): BadValue => [`${what}: ${printable(value)}`, value]

// A line separator in a test's name would end the line.
const printable = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
