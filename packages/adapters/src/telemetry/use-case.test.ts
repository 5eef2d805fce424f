import { DomainError, type ErrorCode, IdempotencyKeyTaken } from '@oms/domain'
import t from 'tap'
import { createLogger, createMetrics, observeUseCases, openTrace } from './index.ts'

const VAULT_PATH = 'secret/data/ops/operators/o-1/credentials'

function observed() {
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const log = createLogger({ level: 'info', app: 'admin-api', destination }).child({ requestId: 'r-1' })
  const metrics = createMetrics({ app: 'admin-api', version: 'test' })
  const failures: unknown[] = []
  const observe = observeUseCases({
    spans: 'ops.admin',
    counters: { createOperator: 'operatorCreate', updateOperator: 'operatorUpdate', getOperator: undefined },
    metrics,
    onFailure: (error) => void failures.push(error),
  })
  const asking = { log, identity: { adminId: 'amina' } }
  const counted = async () => (await metrics.render()).body.match(/^ops_operator_\w+_total\{.*\} [1-9]\d*$/gm) ?? []
  return { observe, asking, lines, failures, counted }
}

t.test('a use case that ends well has one line with all that is known of it, and one count', async (t) => {
  const { observe, asking, lines, counted } = observed()
  const scope = openTrace(undefined)
  const useCase = { action: 'createOperator', operatorId: 'o-1', vaultPath: VAULT_PATH } as const
  const answer = await scope.run(() => observe(asking, useCase, async () => 42))
  t.equal(answer, 42)
  t.equal(lines.length, 1)
  const { ts, durationMs, ...line } = lines[0] ?? {}
  t.same(line, {
    level: 'info',
    service: 'operator-management-service',
    app: 'admin-api',
    requestId: 'r-1',
    traceId: scope.traceId,
    spanId: scope.spanId,
    action: 'createOperator',
    operatorId: 'o-1',
    adminId: 'amina',
    vaultPath: VAULT_PATH,
    result: 'ok',
    msg: 'use case',
  })
  t.match({ ts, durationMs }, { ts: /Z$/, durationMs: Number })
  t.same(await counted(), ['ops_operator_create_total{result="ok"} 1'])
})

t.test('a read has a line and no counter, and its answer may say how it ended', async (t) => {
  const { observe, asking, lines, counted } = observed()
  await observe(asking, { action: 'getOperator', operatorId: 'o-1' }, async () => 'x')
  await observe({ ...asking, identity: undefined }, { action: 'getOperator', resultOf: () => 'aborted' }, async () => 1)
  t.match(lines, [{ result: 'ok', operatorId: 'o-1' }, { result: 'aborted' }])
  t.same(await counted(), [])
  for (const absent of ['vaultPath', 'code'])
    t.notOk(
      lines.some((line) => absent in line),
      absent,
    )
  t.notOk('adminId' in (lines[1] ?? {}))
})

t.test('a failure is told with its code, counted as its family has a word for it, and thrown on', async (t) => {
  const { observe, asking, lines, failures, counted } = observed()
  const cases: readonly (readonly ['createOperator' | 'updateOperator', ErrorCode, string])[] = [
    ['createOperator', 'DUPLICATE_NAME', 'duplicate'],
    ['createOperator', 'VAULT_UNAVAILABLE', 'vault_error'],
    ['updateOperator', 'DUPLICATE_OPERATOR', 'conflict'],
    ['updateOperator', 'OPERATOR_NOT_FOUND', 'not_found'],
    ['updateOperator', 'CREDENTIALS_MISSING', 'vault_error'],
    ['createOperator', 'INVALID_STATUS_TRANSITION', 'error'],
    ['updateOperator', 'DEPENDENCY_UNAVAILABLE', 'error'],
  ]
  for (const [action, code] of cases) {
    const failure = new DomainError(code, 'no')
    await t.rejects(
      observe(asking, { action }, () => Promise.reject(failure)),
      failure,
    )
    t.equal(failures.at(-1), failure)
  }
  t.same(
    lines.map(({ action, code, result }) => [action, code, result]),
    cases,
  )
  const unknown = new TypeError('x is undefined')
  await t.rejects(
    observe(asking, { action: 'getOperator' }, () => Promise.reject(unknown)),
    unknown,
  )
  t.match(lines.at(-1), { level: 'info', result: 'error' })
  t.same((await counted()).toSorted(), [
    'ops_operator_create_total{result="duplicate"} 1',
    'ops_operator_create_total{result="error"} 1',
    'ops_operator_create_total{result="vault_error"} 1',
    'ops_operator_update_total{result="conflict"} 1',
    'ops_operator_update_total{result="error"} 1',
    'ops_operator_update_total{result="not_found"} 1',
    'ops_operator_update_total{result="vault_error"} 1',
  ])
})

t.test('who comes for the answer of another request with its key has run nothing', async (t) => {
  const { observe, asking, lines, counted } = observed()
  await t.rejects(observe(asking, { action: 'createOperator' }, () => Promise.reject(new IdempotencyKeyTaken())))
  t.same(lines, [])
  t.same(await counted(), [])
})
