/** C0, DEL, C1 and the line separators that terminals and spreadsheets treat as line ends. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u

export const hasControlCharacters = (text: string, allowed = ''): boolean =>
  CONTROL.test([...text].filter((character) => !allowed.includes(character)).join(''))

/** Length in Unicode code points, as PostgreSQL's char_length counts it. */
export const codePoints = (text: string): number => [...text].length

/** A lone surrogate can be stored by no UTF-8 database. */
export const isWellFormed = (text: string): boolean => text.isWellFormed()
