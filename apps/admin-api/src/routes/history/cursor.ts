import { invalid, type Micros, micros } from '@oms/domain'

/** Where a page of history ended: the time of its last entry and what tells it from others of the same time. */
export type Position = Readonly<{ at: Micros; id: string }>

const PLAIN = /^(\d{1,16})\.([\w-]{1,64})$/

export const cursorOf = ({ at, id }: Position): string => Buffer.from(`${at}.${id}`).toString('base64url')

/** Rejects with INVALID_PAYLOAD when it is no cursor whose id is of the form `ids`. */
export function positionOf(cursor: string, ids: RegExp): Position {
  const [, at = '', id = ''] = PLAIN.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  const position = { at: micros(Number(at)), id }
  // Octets that a decoder passes over must not make a second text of the same cursor.
  if (!ids.test(id) || !Number.isSafeInteger(position.at) || cursorOf(position) !== cursor) {
    throw invalid('cursor', 'must be the nextCursor of a page of this list')
  }
  return position
}
