import { invalid, type VersionPrecondition } from '@oms/domain'

// RFC 9110 §8.8.3: entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE
const ENTITY_TAG = /^(?<weak>W\/)?"(?<tag>[\x21\x23-\x7e\x80-\xff]*)"$/

/**
 * RFC 9110 §13.1.1 `If-Match`. Weak tags are kept out, for the strong comparison never matches them. Rejects with
 * INVALID_PAYLOAD when the header is malformed.
 */
export function ifMatch(header: string | undefined): VersionPrecondition | undefined {
  if (header === undefined) return undefined
  if (header.trim() === '*') return '*'
  const tags = header.split(',').map((each) => ENTITY_TAG.exec(each.trim())?.groups)
  if (tags.some((groups) => groups === undefined)) {
    throw invalid('If-Match', 'must be * or a list of entity tags such as "7"')
  }
  return tags.flatMap((groups) => (groups?.tag === undefined || groups.weak ? [] : [groups.tag]))
}

/** RFC 9110 §13.1.2 `If-None-Match`, compared weakly as it says. */
export const matchesETag = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag))
