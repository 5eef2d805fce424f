const DECIMAL = /^(?:\d+|\d{0,12}\.\d+)$/
const GROUPED = /^[1-9]\d{0,2}(?:,\d{3})+\.\d+$/

/**
 * An amount as decimal text without idle zeros. Undefined for what is none, and for a comma without a point after it: `0,035`
 * and `1,250` are a thousand times as much in one country as in the next.
 */
export function moneyCell(text: string): string | undefined {
  if (!DECIMAL.test(text) && !GROUPED.test(text)) return undefined
  const [whole = '', fraction = ''] = text.replaceAll(',', '').split('.')
  const kept = fraction.replace(/0+$/, '')
  return `${whole === '' ? '0' : whole}${kept === '' ? '' : `.${kept}`}`
}
