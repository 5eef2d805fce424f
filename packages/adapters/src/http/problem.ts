import type { DomainError, ErrorCode } from '@oms/domain'
import { edgeOf } from './problem-table.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** Stable for machines, like `code`; not an address. */
export const problemUri = (code: ErrorCode): string => `urn:oms:problem:${code.toLowerCase().replaceAll('_', '-')}`

type Where = Readonly<{ requestId: string; instance?: string | undefined }>

/** RFC 9457. `status` replaces the code's own for the few that HTTP parsers demand (408, 431). */
export function renderProblem(error: DomainError, where: Where, status = edgeOf(error.code).status) {
  const { errors, conflicts } = error
  const retryAfter = retryAfterOf(error)
  return {
    type: problemUri(error.code),
    title: edgeOf(error.code).title,
    status,
    detail: error.message,
    ...(where.instance === undefined ? {} : { instance: where.instance }),
    code: error.code,
    requestId: where.requestId,
    ...(errors === undefined ? {} : { errors }),
    ...(conflicts === undefined ? {} : { conflicts }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

/** Whole seconds, for the body and the `Retry-After` header. */
export function retryAfterOf(error: DomainError): number | undefined {
  const seconds = error.retryAfter ?? edgeOf(error.code).retryAfter
  return seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds))
}
