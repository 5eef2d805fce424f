import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import t from 'tap'
import { newOperatorId } from '../contracts/samples.ts'
import { InboundHealthReport } from './health-report.ts'
import { isoOfMicros, micros, microsOfDate, SECOND_MICROS } from './micros.ts'
import { unreported } from './operator-health.ts'

t.test('times keep microseconds and show milliseconds', async (t) => {
  const date = new Date('2026-11-20T12:00:00.123Z')
  t.equal(microsOfDate(date), 1_795_176_000_123_000)
  t.equal(micros(1_795_176_000_123_456.75), 1_795_176_000_123_456, 'nanoseconds are cut off')
  t.equal(isoOfMicros(micros(1_795_176_000_123_999)), '2026-11-20T12:00:00.123Z', 'cut, not rounded')
  t.equal(SECOND_MICROS, 1_000_000)
})

t.test('every millisecond until 2255 goes there and back', async (t) => {
  const dates = fc.date({ min: new Date(0), max: new Date('2255-01-01T00:00:00.000Z'), noInvalidDate: true })
  const within = fc.integer({ min: 0, max: 999 })
  fc.assert(
    fc.property(dates, within, (date, part) => {
      const at = micros(microsOfDate(date) + part)
      return Number.isSafeInteger(at) && isoOfMicros(at) === date.toISOString()
    }),
  )
  t.pass('held')
})

t.test('an operator without a report is UNKNOWN and nothing else is known of it', async (t) => {
  const operatorId = newOperatorId()
  const { state, transitions, crossings, operatorId: id, ...rest } = unreported(operatorId)
  t.same({ id, state, transitions }, { id: operatorId, state: 'UNKNOWN', transitions: 0 })
  t.same(crossings, { aboveDegraded: null, aboveUnhealthy: null, recovered: null })
  for (const [field, value] of Object.entries(rest)) t.equal(value, null, field)
  t.equal(Object.keys(rest).length, 7)
})

const report = {
  schemaVersion: '1',
  eventId: 'e1',
  operatorId: 'AF_Roshan-1',
  at: '2026-11-20T12:00:00.000Z',
  bindState: 'BOUND',
  errorRate: 0.02,
}

t.test('reports that can be read', async (t) => {
  const more = [
    {},
    { bindError: null },
    { bindError: 'ESME_RBINDFAIL', inFlight: 0, tps: 12.5 },
    { errorRate: 0 },
    { errorRate: 1 },
    { bindState: 'UNBOUND' },
    { addedByALaterSender: true },
  ]
  for (const fields of more) t.ok(Value.Check(InboundHealthReport, { ...report, ...fields }), JSON.stringify(fields))
})

t.test('reports that cannot', async (t) => {
  for (const field of Object.keys(report)) {
    const { [field]: _left, ...rest } = report as Record<string, unknown>
    t.notOk(Value.Check(InboundHealthReport, rest), `without ${field}`)
  }
  const wrong = [
    { schemaVersion: '2' },
    { schemaVersion: 1 },
    { eventId: '' },
    { eventId: 'x'.repeat(129) },
    { operatorId: 'a.b' },
    { operatorId: '' },
    { at: 1_795_176_000_000 },
    { at: 'x'.repeat(65) },
    { bindState: 'bound' },
    { errorRate: -0.01 },
    { errorRate: 1.01 },
    { errorRate: '0.5' },
    { errorRate: null },
    { bindError: 5 },
    { bindError: 'x'.repeat(257) },
    { inFlight: 1.5 },
    { inFlight: -1 },
    { tps: -1 },
  ]
  for (const fields of wrong)
    t.notOk(Value.Check(InboundHealthReport, { ...report, ...fields }), JSON.stringify(fields).slice(0, 80))
  for (const odd of [null, [], 'text', 7]) t.notOk(Value.Check(InboundHealthReport, odd), JSON.stringify(odd))
})
