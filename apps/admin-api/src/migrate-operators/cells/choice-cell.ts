const BIND_TYPES: Readonly<Record<string, string>> = { TRX: 'TRANSCEIVER', TX: 'TRANSMITTER', RX: 'RECEIVER' }

/** A word of a closed list in any case, its parts joined in any way. */
export const choiceCell = (text: string): string => text.toUpperCase().replace(/[\s_-]+/g, '_')

/** The same, or how people shorten it. */
export const bindTypeCell = (text: string): string => BIND_TYPES[choiceCell(text)] ?? choiceCell(text)
