import { DomainError, isDomainError } from '@oms/domain'
import { fieldErrors } from './validation-errors.ts'

type Foreign = Readonly<{
  code?: unknown
  statusCode?: unknown
  validation?: Parameters<typeof fieldErrors>[0]
  validationContext?: string
}>

const BY_CODE: Readonly<Record<string, () => DomainError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new DomainError('PAYLOAD_TOO_LARGE', 'the body is larger than this path accepts'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new DomainError('UNSUPPORTED_MEDIA_TYPE', 'send the body as application/json'),
  FST_ERR_BAD_URL: () => new DomainError('INVALID_PAYLOAD', 'the URL is not well-formed'),
  FST_ERR_MAX_PARAM_LENGTH: () => new DomainError('NOT_FOUND', 'there is nothing at this path'),
}

/** Any failure of a request as one of our own. What Fastify refuses is the caller's fault; what is unknown is ours. */
export function toDomainError(error: unknown): DomainError {
  if (isDomainError(error)) return error
  const { code, statusCode, validation, validationContext } = (error ?? {}) as Foreign
  if (Array.isArray(validation)) {
    const errors = fieldErrors(validation)
    const where = validationContext === 'querystring' ? 'query' : (validationContext ?? 'body')
    const names = errors.map(({ path, message }) => `${path === '' ? where : path} ${message}`)
    return new DomainError('INVALID_PAYLOAD', names.slice(0, 3).join('; '), { errors })
  }
  const known = typeof code === 'string' && Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined
  if (known !== undefined) return known()
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new DomainError('INVALID_PAYLOAD', 'the request could not be read', { cause: error })
  }
  return new DomainError('INTERNAL_ERROR', 'the service failed; the log holds the cause under requestId', {
    cause: error,
  })
}
