import { Kind, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { accessSync, constants } from 'node:fs'
import { looksLikeUrl } from './url-secrets.ts'

export type Converted = Readonly<{ value: unknown } | { problem: string }>

const INTEGER = /^[+-]?\d{1,15}$/
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false, 1: true, 0: false }

/** The text of one variable as the schema wants it, or what is wrong with it, without the text itself. */
export function convert(schema: TSchema, text: string): Converted {
  const parsed = parse(schema, text)
  if ('problem' in parsed) return parsed
  // Formats are ours, not TypeBox's: its registry is global to the process.
  const { format, ...rest } = schema
  const malformed = checkFormat(format, text)
  if (malformed !== undefined) return { problem: malformed }
  const [first] = Value.Errors(rest, parsed.value)
  return first === undefined ? parsed : { problem: first.message.replace(/^Expected/, 'expected') }
}

function parse(schema: TSchema, text: string): Converted {
  switch (schema[Kind]) {
    case 'Integer':
      return INTEGER.test(text) ? { value: Number(text) } : { problem: 'expected an integer' }
    case 'Number':
      return NUMBER.test(text) ? { value: Number(text) } : { problem: 'expected a number' }
    case 'Boolean':
      return Object.hasOwn(BOOLEANS, text) ? { value: BOOLEANS[text] } : { problem: 'expected true or false' }
    case 'Union': {
      const allowed = enumValues(schema)
      return allowed.includes(text) ? { value: text } : { problem: `expected one of ${allowed.join(', ')}` }
    }
    default:
      return { value: text }
  }
}

/** The texts that a union of literals allows. */
export const enumValues = (schema: TSchema): string[] =>
  (schema.anyOf as { const: unknown }[]).map((literal) => String(literal.const))

function checkFormat(format: unknown, text: string): string | undefined {
  if (format === 'url' && !looksLikeUrl(text)) return 'expected a URL'
  if (format === 'path' && !readable(text)) return 'names a file that cannot be read'
  return undefined
}

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
