import type { Diff } from 'api-smart-diff'

/** What a change does to the set of values that a schema allows. `incompatible` breaks in either direction. */
export type Effect = 'narrower' | 'wider' | 'incompatible' | 'none'

type Path = Diff['path']

const NAMED = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas'])
const LISTED = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const NESTED = new Set(['items', 'additionalProperties', 'not', 'propertyNames', 'contains', 'if', 'then', 'else'])
/** Keywords that only ever forbid: with one more of them fewer values are allowed. */
const RESTRICTING = new Set(['pattern', 'format', 'items'])
/** Stands in every list of values: the library does not tell a list that came or went from its values that did. */
const LISTED_ONLY = 'no other value'

/** The same schemas with every `const` and `enum` as one kind of list, marked. */
export function withMarkedLists(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withMarkedLists)
  if (typeof node !== 'object' || node === null) return node
  const below = Object.entries(node).map(([key, value]) => {
    if (key === 'enum' && Array.isArray(value)) return [key, [...(value as unknown[]), LISTED_ONLY]]
    // A property of this name has a schema; a constant is text, a number or a boolean in every schema of ours.
    if (key === 'const' && typeof value !== 'object') return ['enum', [value, LISTED_ONLY]]
    return [key, withMarkedLists(value)]
  })
  return Object.fromEntries(below)
}

/** Without the values of lists that came or went as a whole: the mark says it. */
export function withoutListsInFull(diffs: readonly Diff[]): Diff[] {
  const listOf = ({ path }: Diff) => path.slice(0, -1).join(' ')
  const whole = new Set(diffs.filter(isMark).map(listOf))
  return diffs.filter((diff) => isMark(diff) || !whole.has(listOf(diff)))
}

const isMark = ({ before, after }: Diff): boolean => (before ?? after) === LISTED_ONLY

/** `undefined` leaves the verdict to the library. `path` leads from the schema to what changed. */
export function effectOnSchema(diff: Diff, path: Path): Effect | undefined {
  const before: unknown = diff.before
  const after: unknown = diff.after
  const keyword = keywordAt(path)
  if (keyword === 'a property') return diff.action === 'remove' ? 'incompatible' : undefined
  if (keyword.startsWith('enum ')) return effectOnList(diff)
  if (keyword === 'type') return effectOnTypes(before, after)
  if (keyword === 'additionalProperties') return effectOnOthers(before, after)
  if (keyword === 'patternProperties') return allowsAnything(before ?? after) ? 'none' : 'incompatible'
  if (!RESTRICTING.has(keyword)) return undefined
  if (diff.action === 'add') return 'narrower'
  return diff.action === 'remove' ? 'wider' : 'incompatible'
}

/** The keyword that changed, past the names of properties, which may be spelt like keywords. */
function keywordAt(path: Path): string {
  const [key, name, ...rest] = path.map(String)
  if (key === undefined) return 'the schema'
  if (NAMED.has(key) && name !== undefined) {
    if (rest.length > 0) return keywordAt(path.slice(2))
    return key === 'properties' ? 'a property' : key
  }
  if (LISTED.has(key) && rest.length > 0) return keywordAt(path.slice(2))
  if (NESTED.has(key) && name !== undefined) return keywordAt(path.slice(1))
  return name === undefined ? key : `${key} ${name}`
}

function effectOnList(diff: Diff): Effect {
  if (diff.action === 'replace') return 'incompatible'
  return (diff.action === 'add') === isMark(diff) ? 'narrower' : 'wider'
}

function effectOnTypes(before: unknown, after: unknown): Effect {
  const [known, now] = [typesOf(before), typesOf(after)]
  if (known === undefined) return 'narrower'
  if (now === undefined) return 'wider'
  const allows = (types: readonly string[], type: string) =>
    types.includes(type) || (type === 'integer' && types.includes('number'))
  const keepsAll = known.every((type) => allows(now, type))
  const addsNone = now.every((type) => allows(known, type))
  if (keepsAll && addsNone) return 'none'
  if (keepsAll) return 'wider'
  return addsNone ? 'narrower' : 'incompatible'
}

/** The schema of a pattern, or all patterns with theirs. */
function allowsAnything(schema: unknown): boolean {
  if (schema === true) return true
  return typeof schema === 'object' && schema !== null && Object.values(schema).every(allowsAnything)
}

const typesOf = (value: unknown): readonly string[] | undefined =>
  value === undefined ? undefined : [value].flat().map(String)

function effectOnOthers(before: unknown, after: unknown): Effect {
  const [known, now] = [before ?? true, after ?? true]
  if (known === now) return 'none'
  if (now === false || known === true) return 'narrower'
  return known === false || now === true ? 'wider' : 'incompatible'
}
