// Which differences between two OpenAPI documents break those who rely on the first. The library finds the differences
// and their kind; where its verdict is laxer or stricter than ours, ours is below.
import { dereferenced } from '@oms/testkit/dereference'
import { apiDiff, type Diff } from 'api-smart-diff'
import { effectOnSchema, withMarkedLists, withoutListsInFull } from './contract-effect.ts'

export type Document = Readonly<Record<string, unknown>>

export type Break = Readonly<{ path: string; method: string; what: string }>

/** Requests may only be taken more freely, answers only promise more. */
export function breakingChanges(before: Document, after: Document): Break[] {
  const diffs = apiDiff(comparable(before), comparable(after))
  return withoutListsInFull(diffs)
    .filter(breaks)
    .map((diff) => {
      const [, path = '', method = ''] = diff.path.map(String)
      return { path, method, what: textOf(diff) }
    })
}

function breaks(diff: Diff): boolean {
  const { type, action, path } = diff
  if (type === 'annotation' || type === 'deprecated') return false
  const inMedia = String(path[path.indexOf('content') + 2])
  if (inMedia === 'example' || inMedia === 'examples') return false
  // An error that no longer comes harms nobody.
  const isError = /^[45]/.test(String(path[4])) && path[3] === 'responses'
  if (isError && path.length === 5 && action === 'remove') return false

  const schema = path.indexOf('schema')
  const effect = schema < 0 ? undefined : effectOnSchema(diff, path.slice(schema + 1))
  if (effect === undefined) return type === 'breaking' || type === 'unclassified'
  if (effect === 'none') return false
  return effect === 'incompatible' || effect === (path[3] === 'responses' ? 'wider' : 'narrower')
}

function textOf({ action, path, description }: Diff): string {
  const place = path.slice(3).join(' ') || 'operation'
  return `${description ?? `[${action}]`}, at ${place}`
}

/** What is said once is compared where it is meant: a schema widened in an answer breaks, in a request it does not. */
function comparable(document: Document): unknown {
  const { components, ...rest } = dereferenced(document)
  const { securitySchemes } = (components ?? {}) as Readonly<{ securitySchemes?: unknown }>
  return withMarkedLists(securitySchemes === undefined ? rest : { ...rest, components: { securitySchemes } })
}
