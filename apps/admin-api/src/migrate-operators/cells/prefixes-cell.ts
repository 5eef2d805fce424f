export type PrefixesCell = Readonly<{
  /** E.164 with its `+`, not yet checked further. */
  prefixes: readonly string[]
  /** What cannot be read in one way only, as written. */
  unclear: readonly string[]
}>

const LONGEST_COUNTRY_CODE = 3

/** A list by `;` or line, each as `+93 70`, `9370` or `0093 70`. */
export function prefixesCell(text: string): PrefixesCell {
  const entries = text
    .split(/[;\r\n]+/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  const read = entries.map((entry) => ({ entry, prefix: prefixOf(entry) }))
  return {
    prefixes: read.flatMap(({ prefix }) => prefix ?? []),
    unclear: read.flatMap(({ entry, prefix }) => (prefix === undefined ? [entry] : [])),
  }
}

function prefixOf(entry: string): string | undefined {
  // A spreadsheet that took it for a number may have added the decimals.
  const [, lead = '', digits = ''] = /^(\+|00)?\s*(.*?)(?:\.0+)?$/.exec(entry) ?? []
  const groups = digits.split(/\s+/)
  if (!groups.every((group) => /^\d+$/.test(group))) return undefined
  // `44 20` is London, or all of Britain and of Egypt. After a + it is a number, in which the country code stands apart first.
  if (groups.length > 1 && (lead === '' || (groups[0] ?? '').length > LONGEST_COUNTRY_CODE)) return undefined
  return `+${groups.join('')}`
}
