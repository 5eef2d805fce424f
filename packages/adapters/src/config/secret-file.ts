import { Secret } from '@oms/domain'
import { readFileSync } from 'node:fs'
import { ConfigError, type ConfigProblem } from './config-error.ts'

/**
 * The secret in a file, without the newline that editors and `kubectl create secret` leave at its end.
 * Throws `ConfigError` under `variable`, the name of the variable that held the path.
 */
export function readSecretFile(path: string, variable: string): Secret {
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch {
    throw new ConfigError([{ variable, message: 'names a file that cannot be read' }])
  }
  if (text === '') throw new ConfigError([{ variable, message: 'names an empty file' }])
  return new Secret(text)
}

/** A rule: the secret in the file that `variable` names has at least so many octets. */
export const secretOfAtLeast =
  <V extends string>(octets: number, variable: V) =>
  (config: Readonly<{ [key in V]?: string }>): readonly ConfigProblem[] => {
    const path = config[variable]
    if (path === undefined) return []
    try {
      const length = Buffer.byteLength(readSecretFile(path, variable).reveal())
      return length >= octets ? [] : [{ variable, message: `names a file with less than ${octets} octets` }]
    } catch (error) {
      if (error instanceof ConfigError) return error.problems
      throw error
    }
  }
