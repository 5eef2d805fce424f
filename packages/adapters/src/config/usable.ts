import { ConfigError } from './config-error.ts'

/** What `make` makes of files that can be read and may still be unfit: its failure becomes a `ConfigError`. */
export function usable<T>(variable: string, make: () => T): T {
  const refuse = (error: unknown): never => {
    throw new ConfigError([{ variable, message: error instanceof Error ? error.message : 'cannot be used' }])
  }
  try {
    const made = make()
    return made instanceof Promise ? (made.catch(refuse) as T) : made
  } catch (error) {
    return refuse(error)
  }
}
