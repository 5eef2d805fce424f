import { problemResponses } from '@oms/adapters/http'
import type { ErrorCode } from '@oms/domain'

/** What reading a body can end in. */
export const BODY_PROBLEMS: readonly ErrorCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

/** What every change of an operator, its rules or its TPS limit can end in. */
export const CHANGE_PROBLEMS: readonly ErrorCode[] = ['OPERATOR_NOT_FOUND', 'VERSION_MISMATCH', ...BODY_PROBLEMS]

/** Entries for `schema.response` of a route of this API: with these codes, and those that the token check has. */
export const adminProblems = (...codes: readonly ErrorCode[]) =>
  problemResponses('UNAUTHENTICATED', 'FORBIDDEN', ...codes)
