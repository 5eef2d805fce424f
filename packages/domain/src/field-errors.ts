import { DomainError, type FieldError, isDomainError } from './errors.ts'

/** Paths that an error's own line names; `errors` holds them all. */
const NAMED = 20

/** Parses field after field and throws once, naming every field at fault. */
export function collectFieldErrors() {
  const errors: FieldError[] = []
  /** What `parse` returns, its errors' paths led by `path`; a stand-in after a failure, which `assertNone` keeps from use. */
  function within<T>(path: string, parse: () => T): T {
    try {
      return parse()
    } catch (error) {
      if (!isDomainError(error, 'INVALID_PAYLOAD')) throw error
      const found = error.errors ?? [{ path: '', message: error.message }]
      errors.push(...found.map((each) => ({ ...each, path: [path, each.path].filter(Boolean).join('.') })))
      return undefined as T
    }
  }
  return {
    within,
    field: <T>(parse: () => T): T => within('', parse),
    assertNone(): void {
      if (errors.length === 0) return
      const paths = errors.slice(0, NAMED).map(({ path }) => path)
      const more = errors.length > NAMED ? ` and ${errors.length - NAMED} more` : ''
      throw new DomainError('INVALID_PAYLOAD', `invalid: ${paths.join(', ')}${more}`, { errors })
    },
  }
}

/** A member of a patch, parsed where it is given and left out where it is not. */
export const given = <K extends string, Raw, T>(
  key: K,
  raw: Raw | undefined,
  parse: (raw: Raw) => T,
): { [P in K]?: T } => (raw === undefined ? {} : ({ [key]: parse(raw) } as { [P in K]: T }))
