type Schema = Readonly<Record<string, unknown>>

/** A schema inside another, and the names that lead to it: of properties, `*` for the items of a list. */
export type Part = Readonly<{ path: string; name: string | undefined; schema: Schema }>

/** What no answer and no message has a field for. `credentials` is a version number, and `currency` no key. */
export const SECRET_NAME = /pass(word|phrase|wd)|pwd|secret|token|private|(^|[_a-z])keys?$|key_?material/i

const LISTS = ['anyOf', 'oneOf', 'allOf'] as const

/** The schema and all schemas in it. Throws at what it cannot see into, `$ref` above all. */
export function partsOf(schema: Schema, path = '', name?: string): Part[] {
  if (schema.$ref !== undefined) throw new Error(`${path} is a reference`)
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
  const { items, additionalProperties, patternProperties = {} } = schema
  return [
    { path, name, schema },
    ...properties.flatMap(([key, property]) => partsOf(property, `${path}.${key}`, key)),
    ...[items, additionalProperties].filter(isSchema).flatMap((each) => partsOf(each, `${path}.*`)),
    ...Object.values(patternProperties as Record<string, Schema>).flatMap((each) => partsOf(each, `${path}.*`)),
    ...LISTS.flatMap((list) => ((schema[list] ?? []) as Schema[]).flatMap((each) => partsOf(each, path))),
  ]
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null
