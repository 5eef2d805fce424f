import type { Findings } from '../suite.ts'

/** What one bench of the service found. */
export type Found = Pick<Findings, 'results' | 'notes'>
