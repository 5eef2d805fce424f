import { DomainError, ERROR_CODES } from '@oms/domain'
import t from 'tap'
import { problemResponses, problemUri } from './index.ts'
import { edgeOf } from './problem-table.ts'
import { renderProblem } from './problem.ts'
import { toDomainError } from './to-domain-error.ts'
import { fieldErrors } from './validation-errors.ts'

const where = { requestId: 'r-1', instance: '/v1/admin/operators' }

t.test('every code has a status of its family, a title and a stable type', async (t) => {
  for (const code of ERROR_CODES) {
    const problem = renderProblem(new DomainError(code, 'because'), where)
    t.match(problem, { code, detail: 'because', requestId: 'r-1', instance: '/v1/admin/operators' })
    t.ok(problem.status >= 400 && problem.status < 600, code)
    t.match(problem.type, /^urn:oms:problem:[a-z-]+$/)
    t.ok(problem.title.length > 0)
  }
  t.equal(problemUri('DUPLICATE_OPERATOR'), 'urn:oms:problem:duplicate-operator')
})

t.test('details of the error become members of the problem', async (t) => {
  const conflicts = [{ operatorId: 'o-1', name: 'Northern' }]
  const errors = [{ path: 'tpsLimit.maxTps', message: 'must be >= 1' }]
  t.match(renderProblem(new DomainError('DUPLICATE_NAME', 'taken', { conflicts, retryAfter: 2.1 }), where), {
    status: 409,
    conflicts,
    retryAfter: 3,
  })
  t.match(renderProblem(new DomainError('INVALID_PAYLOAD', 'no', { errors }), where), { status: 400, errors })
  t.match(renderProblem(new DomainError('VAULT_UNAVAILABLE', 'away'), where), { status: 503, retryAfter: Number })
})

t.test('an unknown failure becomes a bare 500 that keeps its cause to itself', async (t) => {
  const cause = new Error('select canary from x')
  const error = toDomainError(cause)
  t.match(error, { code: 'INTERNAL_ERROR', cause })
  t.notOk(JSON.stringify(renderProblem(error, where)).includes('canary'))
  t.equal(toDomainError(undefined).code, 'INTERNAL_ERROR')
  t.equal(toDomainError({ statusCode: 400, message: 'canary' }).code, 'INVALID_PAYLOAD')
  t.equal(toDomainError({ statusCode: 503 }).code, 'INTERNAL_ERROR')
})

t.test('faults of the schema name the field and the rule, never the value', async (t) => {
  const fault = (keyword: string, instancePath: string, params: Record<string, unknown>, message?: string) => ({
    keyword,
    instancePath,
    params,
    message,
    data: 'canary',
  })
  const errors = fieldErrors([
    fault('required', '', { missingProperty: 'name' }),
    fault('required', '/tpsLimit', { missingProperty: 'maxTps' }),
    fault('additionalProperties', '/tpsLimit', { additionalProperty: 'x\u0000y' }),
    fault('maximum', '/rules/3/port', { limit: 65_535 }, 'must be <= 65535'),
    fault('const', '/bindType', { allowedValue: 'A' }),
    fault('const', '/bindType', { allowedValue: 'B' }),
    fault('anyOf', '/bindType', {}, 'must match a schema in anyOf'),
    fault('enum', '/a~1b', { allowedValues: ['x', 'y'] }),
  ])
  t.same(errors, [
    { path: 'name', message: 'is required' },
    { path: 'tpsLimit.maxTps', message: 'is required' },
    { path: 'tpsLimit.x?y', message: 'is not a known field' },
    { path: 'rules.3.port', message: 'must be <= 65535' },
    { path: 'bindType', message: 'must be A' },
    { path: 'bindType', message: 'must be B' },
    { path: 'a/b', message: 'must be one of x, y' },
  ])
})

t.test(
  'every item of a list that is at fault is named, and one that is full of faults leaves room for the others',
  async (t) => {
    const unknown = (instancePath: string, name: string) => ({
      keyword: 'additionalProperties',
      instancePath,
      params: { additionalProperty: name },
    })
    const many = Array.from({ length: 100 }, (_, index) => `n${index}`)
    const rows = Array.from({ length: 3_000 }, (_, row) => unknown(`/rules/${row}`, 'x'))
    const errors = fieldErrors([
      ...many.map((name) => unknown('/rules/0', name)),
      ...rows,
      ...many.map((name) => unknown('', name)),
    ])
    t.equal(errors.filter(({ path }) => path.startsWith('rules.0.')).length, 10)
    t.equal(new Set(errors.map(({ path }) => path.split('.')[1])).size, 3_001, 'rows, and what is in none')
    t.equal(errors.filter(({ path }) => !path.startsWith('rules.')).length, 50)
  },
)

t.test('of a list that is too long that alone is said, not what is wrong with each of its items', async (t) => {
  const faults = Array.from({ length: 10_000 }, (_, row) => ({
    keyword: 'required',
    instancePath: `/rules/${row}`,
    params: { missingProperty: 'prefix' },
  }))
  const message = 'must NOT have more than 5000 items'
  const tooLong = { keyword: 'maxItems', instancePath: '/rules', params: { limit: 5_000 }, message }
  for (const all of [
    [tooLong, ...faults],
    [...faults, tooLong],
  ]) {
    t.same(fieldErrors(all), [{ path: 'rules', message }])
  }
})

t.test('the documented responses have one entry for each status', async (t) => {
  const responses = problemResponses('OPERATOR_NOT_FOUND', 'VAULT_UNAVAILABLE')
  t.same(Object.keys(responses), ['400', '404', '500', '503'])
  t.match(responses[503], { description: 'VAULT_UNAVAILABLE, DEPENDENCY_UNAVAILABLE, SERVICE_OVERLOADED' })
  t.ok(Object.hasOwn(responses[404]?.content ?? {}, 'application/problem+json'))
  t.equal(edgeOf('OPERATOR_NOT_FOUND').status, 404)
})
