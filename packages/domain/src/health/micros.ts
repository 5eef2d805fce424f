import type { Brand } from '../brand.ts'

/** Microseconds since the Unix epoch, the precision of PostgreSQL's timestamps; exact in a double until the year 2255. */
export type Micros = Brand<number, 'Micros'>

export const micros = (value: number): Micros => Math.trunc(value) as Micros

export const microsOfDate = (date: Date): Micros => (date.getTime() * 1_000) as Micros

/** To the millisecond, for payloads. */
export const isoOfMicros = (at: Micros): string => new Date(Math.trunc(at / 1_000)).toISOString()

export const SECOND_MICROS = 1_000_000
