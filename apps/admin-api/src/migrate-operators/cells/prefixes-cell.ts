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
  const digits = entry.replace(/^(?:\+|00)\s*/, '').replace(/\.0+$/, '')
  const groups = digits.split(/\s+/)
  if (!groups.every((group) => /^\d+$/.test(group))) return undefined
  // `9370 9371` is a list, not a number: what stands apart first in a number is its country code.
  if (groups.length > 1 && (groups[0] ?? '').length > LONGEST_COUNTRY_CODE) return undefined
  return `+${groups.join('')}`
}
