import { writeSync } from 'node:fs'
import { ConfigError } from './config-error.ts'

/** sysexits.h */
const EX_CONFIG = 78

/** What `read` returns; a `ConfigError` is printed whole to stderr and ends the process with code 78. */
export function exitOnConfigError<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    return endIfMisconfigured(error)
  }
}

/** The same for a failed start, which finds out only when it uses a value; what is no `ConfigError` is thrown on. */
export function endIfMisconfigured(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error
  // Synchronous, for process.exit does not wait for a pipe to drain.
  writeSync(2, `The configuration has ${error.problems.length} problem(s):\n${lines(error)}\n`)
  process.exit(EX_CONFIG)
}

const lines = (error: ConfigError): string =>
  error.problems.map(({ variable, message }) => `  ${variable}: ${message}`).join('\n')
