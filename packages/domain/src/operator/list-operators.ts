import { invalid } from '../errors.ts'
import { hasControlCharacters, isWellFormed } from '../text.ts'
import type { OperatorPage, OperatorQuery, OperatorRepository } from './operator-repository.ts'

/** Rejects with INVALID_PAYLOAD when `q` cannot be part of any name, host or systemId. */
export async function listOperators(
  ports: Readonly<{ operators: Pick<OperatorRepository, 'list'> }>,
  query: OperatorQuery,
): Promise<OperatorPage> {
  const { q, ...rest } = query
  if (q === undefined) return ports.operators.list(query)
  if (!isWellFormed(q) || hasControlCharacters(q)) throw invalid('q', 'must be text without control characters')
  const part = q.normalize('NFC').trim()
  return ports.operators.list(part === '' ? rest : { ...rest, q: part })
}
