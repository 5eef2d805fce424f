import type { Brand } from '../brand.ts'

export type OperatorId = Brand<string, 'OperatorId'>

/** Safe in a NATS subject token, a Redis key, a Vault path and a URL. A new one is a UUIDv4; a renamed one need not be. */
export const OPERATOR_ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'

const pattern = new RegExp(OPERATOR_ID_PATTERN)

export const isOperatorId = (raw: string): raw is OperatorId => pattern.test(raw)
