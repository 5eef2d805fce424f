import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Answer } from '@oms/devstack/clients'

export type Json = Readonly<Record<string, unknown>>

type Response = Readonly<{ content?: Readonly<Record<string, Readonly<{ schema: Json }>>> }>

export type Operation = Readonly<{
  operationId: string
  requestBody?: Readonly<{ content: Readonly<Record<string, Readonly<{ schema: Json }>>> }>
  responses: Readonly<Record<string, Response>>
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
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const operations = new Map(
    Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
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
      const validate = ajv.compile(closed(schema))
      return validate(body) ? undefined : ajv.errorsText(validate.errors, { dataVar: operationId })
    },
  }
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
