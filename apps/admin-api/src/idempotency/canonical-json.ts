/**
 * JSON with the names of every object in order, so that equal values are equal texts (RFC 8785; numbers and texts come out
 * of JSON.stringify as it wants them). For values that JSON.parse could have made, nested no deeper than our bodies.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
