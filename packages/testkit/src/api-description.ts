import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Answer } from '@oms/devstack/clients'
import { dereferenced } from './dereference.ts'

export type Json = Readonly<Record<string, unknown>>

type Content = Readonly<
  Record<string, Readonly<{ schema: Json; example?: unknown; examples?: Readonly<Record<string, { value: unknown }>> }>>
>

export type Operation = Readonly<{
  operationId: string
  requestBody?: Readonly<{ content: Content }>
  responses: Readonly<Record<string, Readonly<{ description: string; content?: Content }>>>
}>

/** What an OpenAPI 3.1 document promises, and whether an answer keeps it. */
export type ApiDescription = Readonly<{
  document: Json
  operations: ReadonlyMap<string, Operation & Readonly<{ method: string; path: string }>>
  /** What of the answer is not as described, or undefined. */
  complaint(operationId: string, answer: Answer): string | undefined
}>

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

export function readApiDescription(document: Json): ApiDescription {
  const operations = new Map(
    Object.entries(dereferenced(document).paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([method]) => METHODS.includes(method))
        .map(([method, operation]) => [operation.operationId, { ...operation, method: method.toUpperCase(), path }]),
    ),
  )
  return {
    document,
    operations,
    complaint(operationId, { status, headers, body }) {
      const response = operations.get(operationId)?.responses[String(status)]
      if (response === undefined) return `${operationId} does not speak of ${status}`
      const [type = ''] = headers.get('content-type')?.split(';') ?? []
      if (response.content === undefined)
        return type === '' ? undefined : `${status} has no content, but came as ${type}`
      const schema = response.content[type]?.schema
      if (schema === undefined) return `${status} does not come as ${type}`
      return complaintAbout(body, schema)
    },
  }
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const compiled = new WeakMap<Json, ValidateFunction>()

/** What of a value is not as its schema says, or undefined. */
export function complaintAbout(value: unknown, schema: Json): string | undefined {
  const validate = compiled.get(schema) ?? ajv.compile(closed(schema))
  compiled.set(schema, validate)
  return validate(value) ? undefined : ajv.errorsText(validate.errors)
}

/** The same schema, but what it does not speak of is not allowed. */
function closed(schema: unknown): Json {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    const below = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]))
    return 'properties' in value && !('additionalProperties' in value)
      ? { ...below, additionalProperties: false }
      : below
  }
  return walk(schema) as Json
}
