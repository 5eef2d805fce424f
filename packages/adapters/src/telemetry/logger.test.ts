import { type SpanStatusCode, trace } from '@opentelemetry/api'
import { DomainError, type ErrorCode, Secret } from '@oms/domain'
import { DrizzleQueryError } from 'drizzle-orm'
import t from 'tap'
import { PROBLEMS } from '../http/problem-table.ts'
import {
  childOf,
  createLogger,
  currentTrace,
  currentTraceparent,
  formatTraceparent,
  openTrace,
  parseTraceparent,
  printable,
  reportTo,
  serializeError,
  withSpan,
} from './index.ts'

const CANARY = 'canary-9f3a'

function capture(level = 'trace') {
  const lines: string[] = []
  const log = createLogger({ level, app: 'admin-api', destination: { write: (line) => void lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> }
}

const axiosLike = () =>
  Object.assign(new Error(`Request failed with ${CANARY}`), {
    name: 'AxiosError',
    code: 'ERR_BAD_REQUEST',
    status: 403,
    config: { headers: { 'X-Vault-Token': CANARY }, data: CANARY },
    request: { body: CANARY },
    response: { data: { value: CANARY } },
  })

const postgresLike = () =>
  Object.assign(new Error(`invalid input syntax for type uuid: "${CANARY}"`), {
    name: 'PostgresError',
    code: '22P02',
    severity: 'ERROR',
    constraint_name: 'operators_name_key',
    detail: `Key (name)=(${CANARY}) already exists.`,
    parameters: [CANARY],
  })

const drizzleLike = () => new DrizzleQueryError('insert into x values ($1)', [CANARY], postgresLike())

const parseError = () => {
  try {
    return JSON.parse(`${CANARY}{`) as never
  } catch (error) {
    return error as Error
  }
}

t.test('a line has level as text, ts, service, app and msg', async (t) => {
  const { log, last } = capture()
  log.info({ operatorId: 'o-1', action: 'create', durationMs: 3, credentialsVersion: 2 }, 'operator created')
  t.match(last(), {
    level: 'info',
    ts: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    service: 'operator-management-service',
    app: 'admin-api',
    msg: 'operator created',
    operatorId: 'o-1',
    credentialsVersion: 2,
  })
  t.notOk('pid' in last())
})

t.test('no shape of a logged value lets the canary through', async (t) => {
  const { log, lines } = capture()
  const secret = new Secret(CANARY)
  const cyclic: Record<string, unknown> = { password: CANARY }
  cyclic.self = cyclic
  const shapes: object[] = [
    { secret },
    { a: [{ b: secret }] },
    { password: CANARY },
    { body: { PassWord: CANARY, nested: [{ access_token: CANARY }] } },
    { headers: { authorization: `Bearer ${CANARY}`, cookie: CANARY, 'x-vault-token': CANARY } },
    { credentials: { systemId: 'x', value: CANARY } },
    { err: axiosLike() },
    { err: drizzleLike() },
    { failure: { inner: postgresLike() } },
    { err: new DomainError('VAULT_UNAVAILABLE', 'Vault is away', { cause: axiosLike() }) },
    { err: new AggregateError([axiosLike(), drizzleLike()], 'all failed') },
    { err: parseError() },
    { err: new Error('failed', { cause: { password: CANARY } }) },
    { deep: { a: { b: { c: { d: { e: { f: { g: CANARY } } } } } } } },
    { buffer: Buffer.from(CANARY) },
    cyclic,
  ]
  for (const shape of shapes) {
    log.error(shape)
    log.error(shape, 'with a message')
    // @ts-expect-error: the compiler knows no values beside the fields, and Fastify passes some.
    log.error({ id: 1 }, 'interpolated %o %j', shape, shape)
    log.child(shape).warn('from a child')
  }
  for (const error of [axiosLike(), drizzleLike(), postgresLike(), parseError()]) {
    log.error(error)
    log.error(error, 'with a message')
    log.child({ err: error }).child({ err: error }).warn(error)
  }
  // @ts-expect-error: the compiler refuses it, and where it cannot see one the line is written without.
  log.info(secret, `as text ${secret}`)
  t.equal(lines.length, 77)
  for (const line of lines) t.notOk(line.includes(CANARY), line)
})

t.test('an error keeps what helps: type, codes, constraint, stack frames, causes', async (t) => {
  const { log, last } = capture()
  log.error(drizzleLike())
  t.match(last(), {
    level: 'error',
    err: {
      type: 'DrizzleQueryError',
      message: /withheld/,
      stack: /\n {4}at /,
      cause: { type: 'PostgresError', code: '22P02', constraint_name: 'operators_name_key', severity: 'ERROR' },
    },
  })
  t.match(serializeError(axiosLike()), { type: 'AxiosError', code: 'ERR_BAD_REQUEST', status: 403 })
  t.match(serializeError(new TypeError('x is not a function')), { type: 'TypeError', message: 'x is not a function' })
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
    address: '127.0.0.1',
    port: 5432,
  })
  t.match(serializeError(refused), { message: /ECONNREFUSED/, syscall: 'connect', port: 5432 })
  const reply = Object.assign(new Error(`WRONGPASS ${CANARY}`), { name: 'ReplyError', command: { args: [CANARY] } })
  t.match(serializeError(reply), { type: 'ReplyError', code: 'WRONGPASS', message: /withheld/ })
  t.match(serializeError(new DomainError('OPERATOR_NOT_FOUND', 'no such operator')), { code: 'OPERATOR_NOT_FOUND' })
  t.match(printable(CANARY), { type: 'string', message: /withheld/ })
})

t.test('a chain of causes that never ends is cut', async (t) => {
  const error = new Error('round')
  error.cause = error
  t.ok(JSON.stringify(serializeError(error)).length < 20_000)
})

t.test('a level below the threshold is not written', async (t) => {
  const { log, lines } = capture('warn')
  log.info('quiet')
  log.warn('loud')
  t.equal(lines.length, 1)
})

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

t.test('traceparent is read as the W3C wants it', async (t) => {
  t.same(parseTraceparent(`00-${TRACE}-${SPAN}-01`), { traceId: TRACE, spanId: SPAN, sampled: true })
  t.same(parseTraceparent(` 00-${TRACE}-${SPAN}-00 `), { traceId: TRACE, spanId: SPAN, sampled: false })
  t.match(parseTraceparent(`01-${TRACE}-${SPAN}-03-more`), { traceId: TRACE, sampled: true }, 'a later version')
  const malformed = [
    undefined,
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `01-${TRACE}-${SPAN}-01more`,
  ]
  for (const header of malformed) t.equal(parseTraceparent(header), undefined, `${header}`)
})

t.test('a child keeps the trace and the sampling, and has a span of its own', async (t) => {
  const parent = { traceId: TRACE, spanId: SPAN, sampled: false }
  const child = childOf(parent)
  t.match(child, { traceId: TRACE, sampled: false, spanId: /^[0-9a-f]{16}$/ })
  t.not(child.spanId, SPAN)
  t.same(parseTraceparent(formatTraceparent(childOf(undefined)))?.sampled, true)
})

t.test(
  'log lines inside a trace carry its ids, across awaits, and outside those of the life of the process',
  async (t) => {
    const { log, last } = capture()
    await openTrace(`00-${TRACE}-${SPAN}-01`).run(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      await withSpan('ops.admin.createOperator', { attributes: { 'ops.action': 'create' } }, async () =>
        log.info('inside'),
      )
      t.equal(currentTraceparent()?.slice(0, 36), `00-${TRACE}-`)
    })
    t.equal(last().traceId, TRACE)
    t.not(last().spanId, SPAN)
    log.info('outside')
    const { traceId, spanId } = last()
    t.match({ traceId, spanId }, { traceId: /^[0-9a-f]{32}$/, spanId: /^[0-9a-f]{16}$/ })
    t.not(traceId, TRACE)
    t.equal(currentTrace(), undefined)
    for (const write of [
      () => log.warn({ a: 1 }, 'x'),
      () => log.error(new Error('x')),
      () => log.child({ b: 1 }).info('x'),
    ]) {
      write()
      t.match(last(), { traceId, spanId })
    }
  },
)

t.test('a span fails by our faults alone, without their secrets, is ended, and the error thrown on', async (t) => {
  const seen: unknown[] = []
  const span = {
    spanContext: () => ({ traceId: TRACE, spanId: SPAN, traceFlags: 1 }),
    recordException: (exception: unknown) => void seen.push(exception),
    setStatus: (status: { code: SpanStatusCode }) => void seen.push(status),
    end: () => void seen.push('ended'),
  }
  const tracer = { startActiveSpan: (_: string, __: object, fn: (s: typeof span) => unknown) => fn(span) }
  trace.setGlobalTracerProvider({ getTracer: () => tracer } as never)
  t.teardown(() => trace.disable())
  const failure = drizzleLike()
  const thrown = await withSpan('x', {}, () => Promise.reject(failure)).catch((error: unknown) => error)
  t.equal(thrown, failure)
  t.equal(seen.at(-1), 'ended')
  t.notOk(JSON.stringify(seen).includes(CANARY))
  t.match(seen[1], { code: 2 })
  for (const [code, { status }] of Object.entries(PROBLEMS)) {
    seen.length = 0
    await t.rejects(withSpan('x', {}, () => Promise.reject(new DomainError(code as ErrorCode, 'no'))))
    t.match(seen, status >= 500 ? [Object, { code: 2 }, 'ended'] : [Object, 'ended'], code)
  }
})

t.test('an outage is told by its first failure and then once in ten seconds, with what was left out', (t) => {
  const { log, lines, last } = capture()
  let now = 0
  const report = reportTo(log, () => now)
  for (; now < 10_000; now += 100) report('relay events', new DomainError('DEPENDENCY_UNAVAILABLE', 'NATS is away'))
  t.equal(lines.length, 1)
  t.match(last(), { level: 'warn', what: 'relay events', err: { code: 'DEPENDENCY_UNAVAILABLE' } })
  t.notOk('untold' in last())
  report('refresh health keys', axiosLike())
  t.equal(lines.length, 2, 'another kind of failure has a line of its own')
  report('relay events', new Error('still'))
  t.match(last(), { what: 'relay events', untold: 99 })
  t.notOk(lines.join('').includes(CANARY))
  t.end()
})
