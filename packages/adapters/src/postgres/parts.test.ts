import { setTimeout as sleep } from 'node:timers/promises'
import { CommitOutcomeUnknown, DomainError, micros } from '@oms/domain'
import { DrizzleQueryError } from 'drizzle-orm/errors'
import fc from 'fast-check'
import postgres from 'postgres'
import t from 'tap'
import { arrayLiteral } from './any-of.ts'
import { batchesOf } from './batches.ts'
import { isMissingPartition, isRefusedCommit, isSerializationFailure, toPortError } from './database-error.ts'
import { createSlots } from './slots.ts'
import { dateOfText, microsOfText, textOfMicros } from './timestamps.ts'
import { createTurns } from './turns.ts'

t.test('microseconds survive the way to text and back', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800_000_000 / 1_000, max: 9_007_199_254_740_991 }), (at) => {
      const text = textOfMicros(micros(at))
      t.equal(microsOfText(text), at)
      const printed = text.replace('T', ' ').replace(/\.?0*Z$/, '+00')
      t.equal(dateOfText(printed).getTime(), Math.floor(at / 1_000), printed)
    }),
    { numRuns: 200 },
  )
  t.equal(textOfMicros(micros(1_763_651_880_123_456)), '2025-11-20T15:18:00.123456Z')
})

t.test('what PostgreSQL prints is read exactly, and anything not in UTC is refused', async (t) => {
  t.equal(microsOfText('2025-11-20 15:18:00.123456+00'), 1_763_651_880_123_456)
  t.equal(microsOfText('2025-11-20 15:18:00.1+00'), 1_763_651_880_100_000)
  t.equal(microsOfText('2025-11-20 15:18:00+00'), 1_763_651_880_000_000)
  t.equal(dateOfText('2025-11-20 15:18:00.123999+00').toISOString(), '2025-11-20T15:18:00.123Z')
  for (const text of ['2025-11-20 15:18:00+01', 'infinity', '', '2025-11-20']) {
    t.throws(() => microsOfText(text), TypeError)
    t.throws(() => dateOfText(text), TypeError)
  }
})

const refused = (facts: object): DrizzleQueryError => {
  const cause = Object.assign(Object.create(postgres.PostgresError.prototype), { message: 'refused', ...facts })
  return new DrizzleQueryError('insert into t values ($1)', ['canary'], cause)
}

t.test('each failure becomes what its port names', async (t) => {
  const conflicts = { uq_operators_live_endpoint: 'DUPLICATE_OPERATOR', uq_operators_live_name: 'DUPLICATE_NAME' }
  for (const [constraint_name, code] of Object.entries(conflicts)) {
    t.match(toPortError(refused({ code: '23505', constraint_name })), { code })
  }
  for (const constraint_name of ['ex_routing_rules_equal', 'ex_routing_rules_nested']) {
    const conflict = toPortError(refused({ code: '23P01', constraint_name }))
    t.match(conflict, { code: 'PREFIX_CONFLICT', conflicts: undefined }, 'which rules is for the check to say')
  }
  for (const code of ['23505', '23P01'])
    t.match(toPortError(refused({ code, constraint_name: 'operators_pkey' })), { name: 'DatabaseError' })
  for (const code of ['57P01', '57P03', '57014', '53300', '08006', '08003', '40001', '40P01', '25P03', '28P01']) {
    t.match(toPortError(refused({ code })), { code: 'DEPENDENCY_UNAVAILABLE', retryAfter: 1 }, code)
  }
  for (const code of [
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ENOTFOUND',
    'EAI_AGAIN',
    'CONNECTION_CLOSED',
    'CONNECT_TIMEOUT',
  ]) {
    const error = new DrizzleQueryError('select 1', ['canary'], Object.assign(new Error('lost'), { code }))
    t.match(toPortError(error), { code: 'DEPENDENCY_UNAVAILABLE' }, code)
  }
  t.match(toPortError(refused({ code: '55P03' })), { code: 'SERVICE_OVERLOADED', retryAfter: 1 })
  for (const code of ['42P01', '23514', '22021', 'P0001'])
    t.match(toPortError(refused({ code })), { name: 'DatabaseError', code })
})

t.test('a COMMIT is refused by PostgreSQL alone, not by a pooler that lost it', async (t) => {
  for (const code of ['23505', '40001', '57P01', '25P03']) t.ok(isRefusedCommit(refused({ code }).cause), code)
  for (const code of ['08P01', '08006', '40003']) t.notOk(isRefusedCommit(refused({ code }).cause), code)
  t.notOk(isRefusedCommit(Object.assign(new Error('lost'), { code: 'ECONNRESET' })))
})

t.test('a DomainError passes untouched, and what is no error of the database too', async (t) => {
  const [domain, defect] = [new DomainError('OPERATOR_NOT_FOUND', 'none'), new TypeError('a defect')]
  t.equal(toPortError(domain), domain)
  t.equal(toPortError(defect), defect)
  t.equal(toPortError(new DrizzleQueryError('select $1', ['canary'], defect)), defect, 'without its statement')
})

t.test('no translation carries a statement or its parameters', async (t) => {
  const errors = [
    toPortError(refused({ code: '42P01' })),
    toPortError(refused({ code: '57P01', query: 'insert canary', parameters: ['canary'] })),
    toPortError(new CommitOutcomeUnknown(refused({ code: '08006' }))),
  ]
  for (const error of errors) {
    for (let link = error; link instanceof Error; link = link.cause) {
      t.notMatch(JSON.stringify(Object.getOwnPropertyNames(link).map((name) => Reflect.get(link, name))), /canary/)
    }
  }
})

t.test('a missing partition and a lost serialisation are told apart by their SQLSTATE', async (t) => {
  t.ok(isMissingPartition(refused({ code: '23514', table_name: 'log' }), 'log'))
  t.notOk(isMissingPartition(refused({ code: '23514', table_name: 'log', constraint_name: 'ck' }), 'log'))
  t.notOk(isMissingPartition(refused({ code: '23514', table_name: 'other' }), 'log'))
  t.ok(isSerializationFailure(refused({ code: '40001' })))
  t.notOk(isSerializationFailure(refused({ code: '23505' })))
})

t.test('slots are given in the order of asking, and a waiter who gave up is forgotten', async (t) => {
  const slots = createSlots(1)
  const first = slots.tryTake()
  t.equal(slots.tryTake(), undefined)
  t.equal(await slots.take(1), undefined)
  const order: number[] = []
  const waiting = [1, 2].map(async (number) => {
    const release = await slots.take(60_000)
    order.push(number)
    release?.()
  })
  first?.()
  first?.()
  await Promise.all(waiting)
  t.same(order, [1, 2])
  const [one, two] = [slots.tryTake(), slots.tryTake()]
  t.ok(one)
  t.equal(two, undefined, 'given back twice is given back once')
})

t.test('closed slots are given to nobody, and are closed once all are back', async (t) => {
  const slots = createSlots(2)
  const taken = [slots.tryTake(), slots.tryTake()]
  const waiter = slots.take(60_000)
  let done = false
  const closed = slots.close().then(() => {
    done = true
  })
  t.equal(await waiter, undefined)
  taken[0]?.()
  await sleep(1)
  t.equal(done, false)
  taken[1]?.()
  await closed
  t.equal(slots.tryTake(), undefined)
})

t.test('turns of one key come one after the other, those of others at once', async (t) => {
  const turns = createTurns()
  const first = await turns.take('one', 1)
  t.equal(await turns.take('one', 1), undefined, 'it waited in vain')
  const [next, last] = [turns.take('one', 60_000), turns.take('one', 60_000)]
  t.ok(await turns.take('another', 1))
  first?.()
  const second = await next
  t.equal(await Promise.race([last, sleep(5, 'waits')]), 'waits')
  second?.()
  const third = await last
  t.ok(third)
  third?.()
  t.ok(await turns.take('one', 1), 'nothing is left of those who waited')
})

t.test('a producer works one batch ahead of nobody, and ends with its reader', async (t) => {
  const log: string[] = []
  const source = () =>
    batchesOf<number>(async (emit) => {
      try {
        for (let batch = 0; batch < 3; batch += 1) {
          log.push(`made ${batch}`)
          await emit([batch])
        }
      } finally {
        log.push('ended')
      }
    })
  for await (const [batch] of source()) log.push(`read ${batch}`)
  t.same(log.splice(0), ['made 0', 'read 0', 'made 1', 'read 1', 'made 2', 'read 2', 'ended'])
  for await (const [batch] of source()) {
    log.push(`read ${batch}`)
    break
  }
  t.same(log, ['made 0', 'read 0', 'ended'])
  const failing = batchesOf<number>(() => Promise.reject(new Error('a defect')))
  await t.rejects(failing.next(), { message: 'a defect' })
})

t.test('an array literal holds ids, prefixes and numbers, and nothing that would need escapes', async (t) => {
  t.equal(arrayLiteral(['a-1', 'NULL', '3', '+93']), '{"a-1","NULL","3","+93"}')
  t.equal(arrayLiteral([]), '{}')
  for (const value of ['', 'a,b', '"', '}', 'null ', 'a b']) t.throws(() => arrayLiteral([value]), TypeError)
})
