import { type Conflict, DomainError, type ErrorCode, type ErrorDetails } from '@oms/domain'
import { type TSchema, Type } from '@sinclair/typebox'
import { PROBLEM_TYPE, renderProblem } from './problem.ts'
import { edgeOf } from './problem-table.ts'
import { choice, nullableText } from './schema-parts.ts'

const OperatorConflict = Type.Object(
  { operatorId: Type.String(), name: Type.String() },
  { description: 'DUPLICATE_OPERATOR, DUPLICATE_NAME: who has it' },
)

const RuleConflict = Type.Object(
  {
    ruleId: Type.Unsafe<string | null>({ ...nullableText, description: 'null for a rule of the same bulk' }),
    prefix: Type.String(),
    mcc: nullableText,
    mnc: nullableText,
    relation: choice(['EQUAL', 'SHADOWS', 'SHADOWED_BY']),
    row: Type.Optional(Type.Integer({ description: 'In a bulk: the place of the rule asked for, from 0' })),
    withRow: Type.Optional(Type.Integer({ description: 'In a bulk: the place of the other, where both are new' })),
  },
  { description: 'PREFIX_CONFLICT: a rule that overlaps' },
)

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
    conflicts: Type.Optional(Type.Array(Type.Union([OperatorConflict, RuleConflict]))),
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
  const error = new DomainError(code, edgeOf(code).title, EXAMPLE_DETAILS[code])
  return [code, { value: renderProblem(error, { requestId: '7e1c5d0a-4f3b-4b58-9a57-0f2f9f1c3a10' }) }]
}

const taken: Conflict = { operatorId: '3f0d8c1e-6a52-4b8e-9d0f-5b7a2c94e1d6', name: 'Roshan TRX 1' }

const EXAMPLE_DETAILS: Partial<Record<ErrorCode, ErrorDetails>> = {
  INVALID_PAYLOAD: { errors: [{ path: 'tpsLimit.maxTps', message: 'must be >= 1' }] },
  DUPLICATE_OPERATOR: { conflicts: [taken] },
  DUPLICATE_NAME: { conflicts: [taken] },
  PREFIX_CONFLICT: {
    conflicts: [
      {
        ruleId: '0b9f7a44-2c1d-4d3e-8a35-7d8c6f0b1e22',
        prefix: '+9370',
        mcc: '412',
        mnc: null,
        relation: 'SHADOWED_BY',
      },
    ],
  },
}
