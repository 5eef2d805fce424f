import { DomainError, type ErrorCode } from '@oms/domain'
import { type TSchema, Type } from '@sinclair/typebox'
import { PROBLEM_TYPE, renderProblem } from './problem.ts'
import { edgeOf } from './problem-table.ts'

/** RFC 9457 problem details with our own members. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Stable identifier of the kind of problem' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What went wrong this time, for people' }),
    instance: Type.Optional(Type.String({ description: 'The path that was asked for' })),
    code: Type.String({ description: 'Stable code, for machines' }),
    requestId: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
    conflicts: Type.Optional(Type.Array(Type.Object({}, { additionalProperties: true }))),
    retryAfter: Type.Optional(Type.Integer({ description: 'Seconds, as in the Retry-After header' })),
  },
  { title: 'Problem' },
)

/** What any route can answer. */
const ALWAYS: readonly ErrorCode[] = [
  'INVALID_PAYLOAD',
  'INTERNAL_ERROR',
  'DEPENDENCY_UNAVAILABLE',
  'SERVICE_OVERLOADED',
]

type ProblemResponse = {
  description: string
  headers?: Record<string, TSchema>
  content: { [PROBLEM_TYPE]: { schema: TSchema; examples: Record<string, { value: unknown }> } }
}

const HEADERS: Readonly<Record<string, Record<string, TSchema>>> = {
  401: { 'WWW-Authenticate': Type.String({ description: 'RFC 6750 §3' }) },
  503: { 'Retry-After': Type.Integer({ description: 'Seconds' }) },
}

/** Entries for a route's `schema.response`, one for each status that these codes lead to. */
export function problemResponses(...codes: readonly ErrorCode[]): Record<number, ProblemResponse> {
  const byStatus = Object.groupBy([...new Set([...codes, ...ALWAYS])], (code) => edgeOf(code).status)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, same = []]) => [
      status,
      {
        description: same.join(', '),
        ...(HEADERS[status] === undefined ? {} : { headers: HEADERS[status] }),
        content: { [PROBLEM_TYPE]: { schema: Problem, examples: Object.fromEntries(same.map(exampleOf)) } },
      },
    ]),
  )
}

function exampleOf(code: ErrorCode): [string, { value: unknown }] {
  const where = { requestId: '7e1c5d0a-4f3b-4b58-9a57-0f2f9f1c3a10', instance: '/v1/admin/operators' }
  return [code, { value: renderProblem(new DomainError(code, edgeOf(code).title), where) }]
}
