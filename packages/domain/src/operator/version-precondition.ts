import { DomainError } from '../errors.ts'
import type { Operator } from './operator.ts'

/** RFC 9110 §13.1.1 If-Match: any existing version, or one of these strong entity tags. */
export type VersionPrecondition = '*' | readonly string[]

/** The operator's entity tag without its quotes. */
export const versionTag = (operator: Pick<Operator, 'version'>): string => String(operator.version)

export function assertVersion(operator: Operator, precondition: VersionPrecondition | undefined): void {
  if (precondition === undefined || precondition === '*' || precondition.includes(versionTag(operator))) return
  throw new DomainError('VERSION_MISMATCH', `the operator is at version ${operator.version}, not at the one expected`)
}
