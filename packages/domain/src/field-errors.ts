import { DomainError, type FieldError, isDomainError } from './errors.ts'

/** Parses field after field and throws once, naming every field at fault. */
export function collectFieldErrors() {
  const errors: FieldError[] = []
  return {
    /** What `parse` returns; a stand-in after a failure, which `assertNone` keeps from being used. */
    field<T>(parse: () => T): T {
      try {
        return parse()
      } catch (error) {
        if (!isDomainError(error, 'INVALID_PAYLOAD')) throw error
        errors.push(...(error.errors ?? [{ path: '', message: error.message }]))
        return undefined as T
      }
    },
    assertNone(): void {
      if (errors.length === 0) return
      const paths = errors.map(({ path }) => path).join(', ')
      throw new DomainError('INVALID_PAYLOAD', `invalid: ${paths}`, { errors })
    },
  }
}
