type Frame = { names: Set<string> | undefined; at: string | number }

/**
 * The path of the first name that an object of `json` has twice. RFC 8259 §4 leaves open which of the values counts, so
 * what a gateway checked may not be what we read. `json` is known to be well-formed.
 */
export function duplicateName(json: string): readonly string[] | undefined {
  const open: Frame[] = []
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    const frame = open.at(-1)
    if (character === '{') open.push({ names: new Set(), at: '' })
    else if (character === '[') open.push({ names: undefined, at: 0 })
    else if (character === '}' || character === ']') open.pop()
    else if (character === ',' && typeof frame?.at === 'number') frame.at++
    else if (character === '"') {
      const end = endOfString(json, at)
      if (frame?.names !== undefined && isName(json, end)) {
        const name = JSON.parse(json.slice(at, end)) as string
        frame.at = name
        if (frame.names.has(name)) return open.map((each) => String(each.at))
        frame.names.add(name)
      }
      at = end - 1
    }
  }
  return undefined
}

/** The position after the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

/** Whether the string that ends here is followed by a colon, which no value is. */
function isName(json: string, end: number): boolean {
  let at = end
  while (json[at] === ' ' || json[at] === '\t' || json[at] === '\n' || json[at] === '\r') at++
  return json[at] === ':'
}
