import type { ErrorCode } from '@oms/domain'
import { type TSchema, Type } from '@sinclair/typebox'
import { PROBLEM_TYPE } from './problem.ts'
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

type ProblemResponse = { description: string; content: { [PROBLEM_TYPE]: { schema: TSchema } } }

/** Entries for a route's `schema.response`, one for each status that these codes lead to. */
export function problemResponses(...codes: readonly ErrorCode[]): Record<number, ProblemResponse> {
  const byStatus = Object.groupBy([...new Set([...codes, ...ALWAYS])], (code) => edgeOf(code).status)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, same = []]) => [
      status,
      { description: same.join(', '), content: { [PROBLEM_TYPE]: { schema: Problem } } },
    ]),
  )
}
