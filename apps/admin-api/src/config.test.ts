import { ConfigError } from '@oms/adapters/config'
import t from 'tap'
import { readAdminApiConfig } from './config.ts'

t.test('a secret for idempotency that is too short is told with everything else, and without its text', (t) => {
  const path = `${t.testdir({ secret: 'canary'.repeat(5) })}/secret`
  try {
    readAdminApiConfig({ IDEMPOTENCY_SECRET_PATH: path, PORT: 'x' })
    t.fail('it was taken')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const named = error.problems.map(({ variable }) => variable)
    for (const variable of ['IDEMPOTENCY_SECRET_PATH', 'PORT', 'DATABASE_URL']) t.ok(named.includes(variable), variable)
    t.notMatch(JSON.stringify(error.problems), 'canary')
  }
  t.end()
})
