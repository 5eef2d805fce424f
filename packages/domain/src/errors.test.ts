import t from 'tap'
import { CommitOutcomeUnknown, DomainError, ERROR_CODES, invalid, isDomainError } from './errors.ts'

t.test('an error holds its code and what belongs to it', async (t) => {
  const cause = new Error('socket closed')
  const conflicts = [{ operatorId: 'one', name: 'Roshan' }]
  const error = new DomainError('DUPLICATE_OPERATOR', 'taken', { conflicts, retryAfter: 5, cause })
  t.equal(error.name, 'DomainError')
  t.equal(error.message, 'taken')
  t.equal(error.code, 'DUPLICATE_OPERATOR')
  t.same(error.conflicts, conflicts)
  t.equal(error.retryAfter, 5)
  t.equal(error.errors, undefined)
  t.equal(error.cause, cause)
  t.notMatch(JSON.stringify(error), /socket/, 'a cause is not serialised with its error')
})

t.test('an error without a cause has none', async (t) => {
  t.notOk(Object.hasOwn(new DomainError('NOT_FOUND', 'no such path'), 'cause'))
})

t.test('codes are upper snake case and listed once', async (t) => {
  for (const code of ERROR_CODES) t.match(code, /^[A-Z]+(_[A-Z]+)*$/)
  t.equal(new Set(ERROR_CODES).size, ERROR_CODES.length)
})

t.test('an invalid field is named in the message and for machines', async (t) => {
  t.match(invalid('tpsLimit.maxTps', 'must be more'), {
    code: 'INVALID_PAYLOAD',
    message: 'tpsLimit.maxTps: must be more',
    errors: [{ path: 'tpsLimit.maxTps', message: 'must be more' }],
  })
  t.match(invalid('', 'must be an object'), {
    message: 'must be an object',
    errors: [{ path: '', message: 'must be an object' }],
  })
})

t.test('a domain error is known by its class, and by its code where codes are given', async (t) => {
  const error = new DomainError('NOT_FOUND', 'no such path')
  t.equal(isDomainError(error), true)
  t.equal(isDomainError(error, 'FORBIDDEN', 'NOT_FOUND'), true)
  t.equal(isDomainError(error, 'FORBIDDEN'), false)
  for (const other of [new Error('x'), { code: 'NOT_FOUND', name: 'DomainError' }, null, undefined, 'NOT_FOUND']) {
    t.equal(isDomainError(other), false)
  }
})

t.test('an unknown COMMIT is no domain error: it never reaches a caller', async (t) => {
  const cause = new Error('socket closed')
  const error = new CommitOutcomeUnknown(cause)
  t.equal(error.name, 'CommitOutcomeUnknown')
  t.equal(error.cause, cause)
  t.equal(isDomainError(error), false)
})
