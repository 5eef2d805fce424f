export const BIND_TYPES = ['TRANSCEIVER', 'TRANSMITTER', 'RECEIVER'] as const

/** SMPP 3.4 §4.1: bind_transceiver, bind_transmitter or bind_receiver. */
export type BindType = (typeof BIND_TYPES)[number]
