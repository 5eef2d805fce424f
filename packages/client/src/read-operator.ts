import { isRecord } from './is-record.ts'
import type { DirectoryOperator, Operator } from './operator.ts'

/** Of an answer of the internal API: looks at what the directory itself stands on, the rest is the contract's. */
export function readOperator(value: unknown): DirectoryOperator {
  if (!isDirectoryOperator(value)) throw new TypeError('the internal API answered something that is no operator')
  return value
}

/** Health has another life than configuration. */
export const configurationOf = ({ healthState, healthStale, ...operator }: DirectoryOperator): Operator => operator

const isDirectoryOperator = (value: unknown): value is DirectoryOperator =>
  isRecord(value) &&
  typeof value.operatorId === 'string' &&
  Number.isSafeInteger(value.version) &&
  isRecord(value.tpsLimit) &&
  Array.isArray(value.rules)
