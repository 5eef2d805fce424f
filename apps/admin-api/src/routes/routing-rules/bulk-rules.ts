import { fieldErrors } from '@oms/adapters/http'
import {
  type CreateRoutingRulesBody,
  DomainError,
  type FieldError,
  isDomainError,
  MAX_BULK_RULES,
  type NewRoutingRule,
  parseCreateRoutingRules,
} from '@oms/domain'
import type { FastifyRequest, FastifySchemaValidationError } from 'fastify'

type Bulk = Readonly<{ body: CreateRoutingRulesBody; validationError?: FastifyRequest['validationError'] }>

/**
 * The rules of a bulk, where the route attaches what its schema found. Rejects with INVALID_PAYLOAD naming every row at
 * fault, whether the schema refuses it or a value in it is none, so that a sheet is mended in one go.
 */
export function bulkRules({ body, validationError }: Bulk): readonly NewRoutingRule[] {
  if (validationError === undefined) return parseCreateRoutingRules(body)
  if (validationError.validationContext !== 'body') throw validationError
  const refused = fieldErrors(validationError.validation as FastifySchemaValidationError[]).map(placed)
  const values = valueErrors(body, new Set(refused.map(({ row }) => row))).map(placed)
  const errors = [...refused, ...values].toSorted((a, b) => a.row - b.row).map(({ error }) => error)
  const named = errors.slice(0, 3).map(({ path, message }) => `${path || 'body'} ${message}`)
  throw new DomainError('INVALID_PAYLOAD', named.join('; '), { errors })
}

/** What is wrong with the rows that the schema lets pass. */
function valueErrors(body: unknown, refused: ReadonlySet<number>): readonly FieldError[] {
  const { rules } = (body ?? {}) as { rules?: unknown }
  if (!Array.isArray(rules) || rules.length > MAX_BULK_RULES) return []
  const passed = (rules as CreateRoutingRulesBody['rules']).flatMap((rule, row) =>
    refused.has(row) ? [] : [{ rule, row }],
  )
  try {
    parseCreateRoutingRules({ rules: passed.map(({ rule }) => rule) })
    return []
  } catch (error) {
    if (!isDomainError(error, 'INVALID_PAYLOAD')) throw error
    return (error.errors ?? []).map(({ path, message }) => ({
      path: path.replace(/\d+/, (place) => String(passed[Number(place)]?.row)),
      message,
    }))
  }
}

/** With its row; -1 for what is in none. */
const placed = (error: FieldError) => ({ error, row: Number(/^rules\.(\d+)(?:\.|$)/.exec(error.path)?.[1] ?? -1) })
