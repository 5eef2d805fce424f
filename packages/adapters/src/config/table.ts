import { Kind, OptionalKind, type TObject, type TSchema } from '@sinclair/typebox'
import { enumValues } from './convert.ts'

export type DocumentedApp = Readonly<{ app: string; schema: TObject }>

/** Markdown: one table of variables for each app, in the order of its schema. */
export const configurationTable = (apps: readonly DocumentedApp[]): string =>
  apps.map(({ app, schema }) => `## ${app}\n\n${HEAD}\n${rows(schema)}\n`).join('\n')

const HEAD = '| Variable | Type | Default | Meaning |\n|---|---|---|---|'

const rows = (schema: TObject): string =>
  Object.entries<TSchema>(schema.properties)
    .map(([name, property]) => `| \`${name}\` | ${typeOf(property)} | ${fallback(property)} | ${escape(property)} |`)
    .join('\n')

function typeOf(schema: TSchema): string {
  if (schema[Kind] === 'Union') return enumValues(schema).join(' \\| ')
  if (schema.format !== undefined) return String(schema.format)
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number }
  const range = minimum === undefined && maximum === undefined ? '' : `, ${minimum ?? ''}–${maximum ?? ''}`
  return `${String(schema.type)}${range}`
}

function fallback(schema: TSchema): string {
  if (schema.default !== undefined) return `\`${String(schema.default)}\``
  return schema[OptionalKind] === undefined ? '**required**' : '–'
}

const escape = (schema: TSchema): string => (schema.description ?? '').replaceAll('|', '\\|')
