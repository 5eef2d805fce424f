import { OptionalKind, type Static, type TObject, type TSchema } from '@sinclair/typebox'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { convert } from './convert.ts'
import { holdsSecret } from './url-secrets.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Rules over several variables. Sees only the variables that are right in themselves. */
export type ConfigRule<T extends TObject> = (config: Partial<Static<T>>) => readonly ConfigProblem[]

/**
 * The variables that `schema` names, converted and checked; an empty text counts as absent.
 * Formats: `url` (refused with a password inside when NODE_ENV is `production`) and `path` (must be readable now).
 * Throws one `ConfigError` that names every problem.
 */
export function readConfig<T extends TObject>(schema: T, env: Environment, ...rules: ConfigRule<T>[]): Static<T> {
  const problems: ConfigProblem[] = []
  const config: Record<string, unknown> = {}
  for (const [variable, property] of Object.entries<TSchema>(schema.properties)) {
    const text = env[variable]
    if (text === undefined || text === '') {
      if (property.default !== undefined) config[variable] = property.default
      else if (property[OptionalKind] === undefined) problems.push({ variable, message: 'is required' })
      continue
    }
    const converted = convert(property, text)
    if ('problem' in converted) problems.push({ variable, message: converted.problem })
    else if (property.format === 'url' && env.NODE_ENV === 'production' && holdsSecret(text)) {
      problems.push({ variable, message: 'holds a secret; in production secrets come from files (…_PATH)' })
    } else config[variable] = converted.value
  }
  for (const rule of rules) problems.push(...rule(config))
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}
