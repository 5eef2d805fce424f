import type { FieldError } from '@oms/domain'

/** The part of an Ajv error that is used. Its `data` holds the rejected value, which may be a password. */
type SchemaFault = Readonly<{
  keyword: string
  instancePath: string
  params: Readonly<Record<string, unknown>>
  message?: string | undefined
}>

const MAX_ERRORS = 50
const MAX_NAME = 64

/** Ajv's errors as fields and reasons; the reasons repeat rules of the schema, never the value. */
export function fieldErrors(faults: readonly SchemaFault[]): FieldError[] {
  // A failed union reports each branch; its own line says nothing that the branches do not.
  const telling = faults.filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'if')
  const found = new Map<string, FieldError>()
  for (const fault of telling.length === 0 ? faults : telling) {
    const each = { path: pathOf(fault), message: messageOf(fault) }
    found.set(`${each.path} ${each.message}`, each)
  }
  return [...found.values()].slice(0, MAX_ERRORS)
}

function pathOf({ keyword, instancePath, params }: SchemaFault): string {
  const parts = instancePath.split('/').slice(1).map(unescapePointer)
  if (keyword === 'required') parts.push(String(params.missingProperty))
  if (keyword === 'additionalProperties') parts.push(String(params.additionalProperty))
  if (keyword === 'unevaluatedProperties') parts.push(String(params.unevaluatedProperty))
  return parts.map(printableName).join('.')
}

function messageOf({ keyword, params, message }: SchemaFault): string {
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'is not a known field'
    case 'enum':
      return `must be one of ${(params.allowedValues as unknown[]).map(String).join(', ')}`
    case 'const':
      return `must be ${String(params.allowedValue)}`
    default:
      return message ?? 'is not valid'
  }
}

// RFC 6901
const unescapePointer = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')

/** The name of a field as it may be shown: the caller chose it. */
export const printableName = (name: string): string => name.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_NAME)
