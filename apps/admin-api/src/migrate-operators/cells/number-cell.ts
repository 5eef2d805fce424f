const PLAIN = /^-?\d+(?:\.\d+)?$/
/** As `2,775`; a group after a zero would be a decimal comma. */
const GROUPED = /^-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/

/** A number as spreadsheets print it: `2775`, `2775.0`, `2,775`. Undefined when it can be read otherwise or not at all. */
export function numberCell(text: string): number | undefined {
  if (!PLAIN.test(text) && !GROUPED.test(text)) return undefined
  return Number(text.replaceAll(',', ''))
}
