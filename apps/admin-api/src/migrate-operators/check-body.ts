import { fieldErrors } from '@oms/adapters/http'
import { isDomainError } from '@oms/domain'
import type { TSchema } from '@sinclair/typebox'
import { Ajv, type ValidateFunction } from 'ajv'
import type { Column } from './columns.ts'
import type { Problem } from './problem.ts'

/** Says what of a body is at fault, first by the API's own schema, then by the parser behind it. */
export type BodyCheck<Body, Parsed> = Readonly<{
  validate: ValidateFunction<Body>
  parse: (body: Body) => Parsed
  /** Dotted path in the body → the sheet's column. */
  columnOf: Readonly<Record<string, Column>>
  /** By path: what the parser sees instead of what the schema refused, so that it still finds what else is wrong. */
  standIns: Readonly<Record<string, unknown>>
}>

export type Checked<Parsed> = Readonly<{ parsed?: Parsed; problems: readonly Problem[] }>

// As the API's own, so that a row passes here exactly when its body would pass there.
const ajv = new Ajv({ allErrors: true, strict: false })

export const bodyCheck = <Body, Parsed>(
  schema: TSchema & { static: Body },
  rest: Omit<BodyCheck<Body, Parsed>, 'validate'>,
): BodyCheck<Body, Parsed> => ({ ...rest, validate: ajv.compile<Body>(schema) })

/** `known` are cells that could not even be read: their columns are not complained of twice. */
export function checkBody<Body, Parsed>(
  check: BodyCheck<Body, Parsed>,
  body: object,
  known: readonly Problem[],
): Checked<Parsed> {
  const problems = [...known]
  const complain = (path: string, message: string): void => {
    const column = check.columnOf[path] ?? ''
    if (!problems.some((problem) => problem.column === column)) {
      problems.push({ column, code: 'INVALID_PAYLOAD', message })
    }
  }
  const faults = check.validate(body) ? [] : (check.validate.errors ?? [])
  // A text of the wrong form is the parser's to explain: it does so in words, the schema by its pattern.
  const unusable = fieldErrors(faults.filter(({ keyword }) => keyword !== 'pattern'))
  const sound = unusable.reduce((patched, { path }) => withAt(patched, path.split('.'), check.standIns[path]), body)
  let parsed: Parsed | undefined
  try {
    parsed = check.parse(sound as Body)
  } catch (error) {
    if (!isDomainError(error, 'INVALID_PAYLOAD')) throw error
    for (const { path, message } of error.errors ?? []) complain(path, message)
  }
  for (const { path, message } of fieldErrors(faults)) complain(path, message)
  return parsed === undefined || problems.length > 0 ? { problems } : { parsed, problems }
}

/** A copy with `value` at the path, or without the path when that is undefined. */
function withAt(body: object, [key = '', ...rest]: readonly string[], value: unknown): object {
  const { [key]: present, ...others } = body as Record<string, unknown>
  if (rest.length > 0) return { ...others, [key]: withAt(present ?? {}, rest, value) }
  return value === undefined ? others : { ...others, [key]: value }
}
