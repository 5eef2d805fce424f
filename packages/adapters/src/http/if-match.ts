import { invalid, type VersionPrecondition } from '@oms/domain'

// RFC 9110 §8.8.3: entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE; a comma is an etagc, too.
const ENTITY_TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`
const ENTITY_TAGS = new RegExp(ENTITY_TAG, 'g')
// RFC 9110 §5.6.1.2: a recipient passes over empty elements of a list.
const LIST = new RegExp(String.raw`^[\t ,]*(?:${ENTITY_TAG}[\t ]*(?:,[\t ,]*|$))+$`)

/**
 * RFC 9110 §13.1.1 `If-Match`. Weak tags are kept out, for the strong comparison never matches them. Rejects with
 * INVALID_PAYLOAD when the header is malformed.
 */
export function ifMatch(header: string | undefined): VersionPrecondition | undefined {
  if (header === undefined) return undefined
  if (header.trim() === '*') return '*'
  if (!LIST.test(header)) throw invalid('If-Match', 'must be * or a list of entity tags such as "7"')
  const strong = header.match(ENTITY_TAGS)?.filter((tag) => tag.startsWith('"')) ?? []
  return strong.map((tag) => tag.slice(1, -1))
}

/** RFC 9110 §13.1.2 `If-None-Match`, compared weakly as it says. */
export const matchesETag = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag))
