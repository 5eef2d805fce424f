import t from 'tap'
import {
  aConfigEvent,
  aHealth,
  aHealthTransition,
  aProvisionalOperator,
  aRecordedChange,
  newOperatorId,
} from '../contracts/samples.ts'
import { mnoId } from '../operator/mno-id.ts'
import { provisioned } from '../operator/operator.ts'
import { checkedEvent, EVENT_SCHEMAS } from './event-schemas.ts'
import type { OutboxEvent } from './outbox-event.ts'

const createdAt = new Date('2026-11-20T12:00:00.000Z')
const operator = provisioned(aProvisionalOperator({ mnoId: mnoId('roshan') }), { createdAt, credentialsVersion: 1 })

const EVENTS: readonly OutboxEvent[] = [
  aConfigEvent('operator.config.created.v1', operator),
  aConfigEvent('operator.config.updated.v1', operator),
  aConfigEvent('operator.config.deleted.v1', operator),
  aHealthTransition(aHealth(newOperatorId()), 'UNKNOWN').event,
  aRecordedChange('operator.config.updated.v1', operator).auditEvent,
]
const withPayload = (event: OutboxEvent, payload: Record<string, unknown>): OutboxEvent => ({
  ...event,
  payload: { ...event.payload, ...payload },
})

t.test('each subject has a schema that bears its name and is closed', async (t) => {
  t.same(
    EVENTS.map(({ subject }) => subject),
    Object.keys(EVENT_SCHEMAS),
  )
  for (const [subject, schema] of Object.entries(EVENT_SCHEMAS)) {
    t.match(schema, { $id: subject, additionalProperties: false })
    t.match(schema.properties.schemaVersion, { const: '1' })
  }
})

for (const event of EVENTS) {
  t.test(`${event.subject} is taken as it is when it matches`, async (t) => {
    t.equal(checkedEvent(event), event)
  })

  t.test(`${event.subject} is refused without any of its fields, naming it`, async (t) => {
    for (const field of Object.keys(event.payload)) {
      const { [field]: _left, ...payload } = event.payload
      const expected = { name: 'TypeError', message: `${event.subject} does not match its schema at /${field}` }
      t.throws(() => checkedEvent({ ...event, payload }), expected, field)
    }
  })

  t.test(`${event.subject} is refused with a field of another kind, or with one more`, async (t) => {
    for (const field of Object.keys(event.payload)) {
      t.throws(() => checkedEvent(withPayload(event, { [field]: [Symbol('odd')] })), { message: / at \// }, field)
    }
    const noObject = { ...event, payload: [] as unknown as OutboxEvent['payload'] }
    t.throws(() => checkedEvent(noObject), { message: / at \/$/ })
    const leaking = withPayload(event, { password: 'Canary-77' })
    t.throws(() => checkedEvent(leaking), { message: `${event.subject} does not match its schema at /password` })
  })

  t.test(`${event.subject} is refused of an operator id or version that cannot be`, async (t) => {
    t.throws(() => checkedEvent(withPayload(event, { operatorId: 'a.b' })), { message: / at \/operatorId$/ })
    t.throws(() => checkedEvent(withPayload(event, { schemaVersion: '2' })), { message: / at \/schemaVersion$/ })
    t.throws(() => checkedEvent(withPayload(event, { eventId: 'one' })), { message: / at \/eventId$/ })
    const counter = event.subject === 'operator.health.v1' ? 'transition' : 'version'
    for (const value of [0, -1, 1.5, '1', null]) {
      t.throws(
        () => checkedEvent(withPayload(event, { [counter]: value })),
        { message: / at \/[a-z]+$/ },
        String(value),
      )
    }
  })
}

t.test('times are ISO 8601 UTC with milliseconds', async (t) => {
  const [created] = EVENTS
  if (created === undefined) return
  for (const time of ['2026-11-20T12:00:00Z', '2026-11-20T12:00:00.000+01:00', '2026-11-20 12:00:00.000Z', 'now']) {
    t.throws(() => checkedEvent(withPayload(created, { createdAt: time })), { message: / at \/createdAt$/ }, time)
  }
})

t.test('an update names at least one field, each once', async (t) => {
  const updated = aConfigEvent('operator.config.updated.v1', operator)
  for (const changedFields of [[], ['host', 'host'], [1]]) {
    t.throws(() => checkedEvent(withPayload(updated, { changedFields })), { message: / at \/changedFields/ })
  }
})

t.test('an empty MNO id is null, and a health event may lack a bind error', async (t) => {
  const created = aConfigEvent('operator.config.created.v1', { ...operator, mnoId: null })
  t.equal(checkedEvent(created).payload.mnoId, null)
  const failed = aHealth(newOperatorId(), 0, { bindError: 'ESME_RBINDFAIL' })
  t.equal(aHealthTransition(failed, 'UNKNOWN').event.payload.bindError, 'ESME_RBINDFAIL')
})
