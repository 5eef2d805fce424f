/** Digits that a spreadsheet may have taken for a number: `412.0`. */
export const codeCell = (text: string): string => text.replace(/\.0+$/, '')

/** One digit: the sheet has dropped zeros, and whether `01` or `001` was meant is lost. */
export const hasLostZeros = (mnc: string): boolean => /^\d$/.test(mnc)
