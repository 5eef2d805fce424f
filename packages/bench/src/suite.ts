import type { Result } from './result.ts'
import type { Tell } from './tell.ts'

export type Tools = Readonly<{
  tell: Tell
  /** All benches together within five minutes: at most 100,000 rules, 2 minutes of load, fewer rounds. */
  quick: boolean
  /** What is opened here is closed after the suite. */
  opened: AsyncDisposableStack
}>

/** What a suite found. `versions` are those of the servers that it measured. */
export type Findings = Readonly<{
  results: readonly Result[]
  versions: Readonly<Record<string, string>>
  /** Explains the results, for people. */
  notes: readonly string[]
  /** What makes the figures void, whatever they are. */
  faults: readonly string[]
}>

/** Benches that share what they measure on. */
export type Suite<Bench extends string = string> = Readonly<{
  /** `suite.bench`, each. */
  benches: readonly Bench[]
  run(chosen: ReadonlySet<string>, tools: Tools): Promise<Findings>
}>
