import type { FieldError } from '@oms/domain'

/** The part of an Ajv error that is used. Its `data` holds the rejected value, which may be a password. */
type SchemaFault = Readonly<{
  keyword: string
  instancePath: string
  params: Readonly<Record<string, unknown>>
  message?: string | undefined
}>

/** Of a body, or of each item of a list in it: a list names every item at fault, at the size of what was sent. */
const MAX_ERRORS = 50
const MAX_ERRORS_OF_ITEM = 10
const ITEM = /^\/[^/]+\/\d+(?=\/|$)/
const MAX_NAME = 64

/** Ajv's errors as fields and reasons; the reasons repeat rules of the schema, never the value. */
export function fieldErrors(faults: readonly SchemaFault[]): FieldError[] {
  // What is wrong within a list that is too long is no news, and would be as long as the list.
  const tooLong = faults.find(({ keyword }) => keyword === 'maxItems')
  if (tooLong !== undefined) return [{ path: pathOf(tooLong), message: messageOf(tooLong) }]
  // A failed union reports each branch; its own line says nothing that the branches do not.
  const telling = faults.filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'if')
  const found = new Map<string, FieldError>()
  const counts = new Map<string, number>()
  for (const fault of telling.length === 0 ? faults : telling) {
    const [item = ''] = ITEM.exec(fault.instancePath) ?? []
    const count = counts.get(item) ?? 0
    if (count >= (item === '' ? MAX_ERRORS : MAX_ERRORS_OF_ITEM)) continue
    const each = { path: pathOf(fault), message: messageOf(fault) }
    const key = `${each.path} ${each.message}`
    if (found.has(key)) continue
    found.set(key, each)
    counts.set(item, count + 1)
  }
  return [...found.values()]
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
