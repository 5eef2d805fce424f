import type { OperatorView } from '../operator/operator.ts'
import type { OperatorPage, OperatorQuery } from '../operator/operator-repository.ts'
import { finishedOperators, type MemoryStore, viewOf } from './memory-store.ts'

export function listOperatorsIn(store: MemoryStore, query: OperatorQuery): OperatorPage {
  const found = finishedOperators(store)
    .map((operator) => viewOf(store, operator))
    .filter((view) => matches(view, query))
    .toSorted((a, b) => compare(a, b, query.sort))
  const start = (query.page - 1) * query.limit
  return { views: found.slice(start, start + query.limit), total: found.length }
}

function matches({ operator, healthState }: OperatorView, query: OperatorQuery): boolean {
  const q = query.q?.toLowerCase()
  const { name, host, systemId } = operator
  return (
    (query.includeDeleted || operator.deletedAt === null) &&
    (query.status === undefined || operator.status === query.status) &&
    (query.healthState === undefined || healthState === query.healthState) &&
    (q === undefined || [name, host, systemId].some((text) => text.toLowerCase().includes(q)))
  )
}

/** Ties are broken by operatorId, so that pages neither repeat nor lose one. */
function compare(a: OperatorView, b: OperatorView, { field, descending }: OperatorQuery['sort']): number {
  const order = ascending(a.operator[field], b.operator[field])
  return (descending ? -order : order) || ascending(a.operator.operatorId, b.operator.operatorId)
}

const ascending = <T extends string | Date>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)
