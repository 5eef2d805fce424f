import { decodeHealthReport } from '@oms/adapters/nats'
import { micros } from '@oms/domain'
import t from 'tap'
import { INBOUND, OPERATORS } from './ingestor.ts'
import { bindOf, isTransition, reportOf } from './reports.ts'

const decoded = (data: Uint8Array) =>
  decodeHealthReport({
    subject: INBOUND.subject,
    data,
    traceparent: null,
    streamSequence: 1,
    receivedAtMicros: micros(Date.now() * 1_000),
    deliveryCount: 1,
    redelivered: false,
  })

t.test('what is sent is a report, of one operator after the other', async (t) => {
  t.match(decoded(reportOf(7)), { operatorId: 'bench-7', bindState: 'BOUND', errorRate: 0.01 })
  t.match(decoded(reportOf(OPERATORS + 7, 'UNBOUND')), { operatorId: 'bench-7', bindState: 'UNBOUND', errorRate: 1 })
})

t.test('one operator in twenty turns its bind round with each report after its first, the others never', async (t) => {
  const turns = (operator: number) =>
    [0, 1, 2, 3].map((turn) => [bindOf(turn * OPERATORS + operator), isTransition(turn * OPERATORS + operator)])
  t.same(turns(40), [
    ['BOUND', false],
    ['UNBOUND', true],
    ['BOUND', true],
    ['UNBOUND', true],
  ])
  t.ok(turns(41).every(([bind, transition]) => bind === 'BOUND' && transition === false))
})
