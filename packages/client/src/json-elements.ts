const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = Buffer.from('"\\[]{}')
/** Of the list of a member of the outermost object. */
const LIST_DEPTH = 2

/**
 * The objects of the list `member` of one JSON object, as its text comes: each piece yields those that it ends. Only one
 * element is held as text, so that a document may be larger than memory or a string. Rejects with SyntaxError on what is
 * no JSON, is cut off, or has no such list.
 */
export async function* jsonElements(body: AsyncIterable<Uint8Array>, member: string): AsyncGenerator<unknown[]> {
  const scanner = createScanner(member)
  for await (const piece of body) {
    const elements = scanner.push(piece)
    if (elements.length > 0) yield elements
  }
  scanner.end()
}

/** Looks for brackets outside of texts only; JSON.parse judges each element, an order faster than a parser in JavaScript. */
function createScanner(member: string) {
  let depth = 0
  let inText = false
  let escaped = false
  let inMember = false
  let found = false
  /** The text last seen in the outermost object: before a value, its key. As far as it is needed to tell it from others. */
  let key = ''
  /** The begin of an element that is not at its end yet. */
  let held: Uint8Array[] = []

  /** Where the quote is that ends it, or the end of `piece`. In locals: most of a document is text. */
  function endOfText(piece: Uint8Array, from: number): number {
    let skip = escaped
    let at = from
    for (; at < piece.length; at += 1) {
      const byte = piece[at]
      if (skip) skip = false
      else if (byte === BACKSLASH) skip = true
      else if (byte === QUOTE) {
        inText = false
        break
      }
    }
    escaped = skip
    return at
  }

  function element(rest: Uint8Array): unknown {
    const bytes = held.length === 0 ? rest : Buffer.concat([...held, rest])
    held = []
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  }

  return {
    push(piece: Uint8Array): unknown[] {
      const elements: unknown[] = []
      let start = 0
      for (let at = 0; at < piece.length; at += 1) {
        const byte = piece[at]
        if (inText) {
          const end = endOfText(piece, at)
          if (depth === 1 && key.length <= member.length) key += Buffer.from(piece.subarray(at, end)).toString('latin1')
          at = end
        } else if (byte === QUOTE) {
          inText = true
          if (depth === 1) key = ''
        } else if (byte === OPEN || byte === OPEN_LIST) {
          if (depth === LIST_DEPTH) start = at
          depth += 1
          if (byte === OPEN_LIST && depth === LIST_DEPTH) inMember = key === member
          if (inMember) found = true
        } else if (byte === CLOSE || byte === CLOSE_LIST) {
          depth -= 1
          if (depth === LIST_DEPTH && inMember) elements.push(element(piece.subarray(start, at + 1)))
          if (depth < LIST_DEPTH) inMember = false
        }
      }
      // A piece's bytes may be used again by whoever sent it.
      if (inMember && depth > LIST_DEPTH) held.push(Uint8Array.from(piece.subarray(held.length === 0 ? start : 0)))
      return elements
    },
    end(): void {
      if (depth !== 0 || inText || !found) throw new SyntaxError(`no complete JSON object with a list of ${member}`)
    },
  }
}
