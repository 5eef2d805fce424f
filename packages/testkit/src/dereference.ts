type Json = Readonly<Record<string, unknown>>

/** The document with every local `$ref` replaced by what it names; a description beside it is dropped. */
export function dereferenced<T extends Json>(document: T): T {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    if ('$ref' in value && typeof value.$ref === 'string') return walk(pointed(document, value.$ref))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]))
  }
  return walk(document) as T
}

function pointed(document: Json, reference: string): unknown {
  const [hash, ...path] = reference.split('/')
  const found = path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document)
  if (hash !== '#' || found === undefined) throw new Error(`nothing is at ${reference}`)
  return found
}
