type Json = Readonly<Record<string, unknown>>

/** What holds values of the caller's or ours, not schemas. */
const VALUES = new Set(['example', 'examples', 'default', 'const', 'enum'])

/**
 * Every schema with a title becomes a component of that name, said once and referred to. Paths and components come in
 * alphabetical order, whatever the order of registration. Throws when two different schemas have one title.
 */
export function withComponents<T extends object>(document: T): T {
  const { paths = {}, components = {} } = document as { paths?: Json; components?: Json }
  const found = new Map<string, Json>()
  const shared = withReferences(sorted(paths), found)
  const schemas = sorted(Object.fromEntries(found))
  return { ...document, components: { ...components, schemas }, paths: shared }
}

function withReferences(node: unknown, found: Map<string, Json>): unknown {
  if (Array.isArray(node)) return node.map((item: unknown) => withReferences(item, found))
  if (typeof node !== 'object' || node === null) return node
  const below = Object.entries(node as Json).map(([key, value]) => {
    if (key === 'properties') return [key, mapValues(value as Json, (property) => withReferences(property, found))]
    return [key, VALUES.has(key) ? value : withReferences(value, found)]
  })
  const { title, description, ...schema } = Object.fromEntries(below) as Json
  if (typeof title !== 'string') return Object.fromEntries(below)

  const known = found.get(title)
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new Error(`two different schemas are titled ${title}`)
  }
  found.set(title, schema)
  return { $ref: `#/components/schemas/${title}`, ...(description === undefined ? {} : { description }) }
}

const mapValues = (record: Json, map: (value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))

const sorted = (record: Json): Json => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
