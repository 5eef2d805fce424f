import type { Test } from 'tap'
import { provisioned, revised } from '../operator/operator.ts'
import { EventRefused, type EventPublisher } from '../outbox/event-publisher.ts'
import { aConfigEvent, aHealth, aHealthTransition, aProvisionalOperator, newOperatorId } from './samples.ts'

/** A message as the stream holds it: `eventId` and `traceparent` are its headers, null where there is none. */
export type StoredMessage = Readonly<{
  eventId: string
  subject: string
  payload: Readonly<Record<string, unknown>>
  traceparent: string | null
}>

export type OpenPublisher = (
  t: Test,
) => Promise<Readonly<{ publisher: EventPublisher; stored(): Promise<readonly StoredMessage[]> }>>

const anOperator = () => provisioned(aProvisionalOperator(), { createdAt: new Date(), credentialsVersion: 1 })
const anEvent = () => aConfigEvent('operator.config.created.v1', anOperator())

export function eventPublisherContract(t: Test, open: OpenPublisher): void {
  t.test('a published event is stored under its subject, id and trace', async (t) => {
    const { publisher, stored } = await open(t)
    const { eventId, subject, payload, traceparent, operatorId } = anEvent()
    await publisher.publish({ eventId, subject, payload, traceparent })
    t.same(await stored(), [{ eventId, subject, payload, traceparent }])
    t.equal(payload.operatorId, operatorId)
  })

  t.test('every subject finds its stream, in the order of publishing', async (t) => {
    const { publisher, stored } = await open(t)
    const operator = anOperator()
    const next = revised(operator, {}, { actor: 'zahra', at: new Date() })
    const events = [
      aConfigEvent('operator.config.created.v1', operator),
      aConfigEvent('operator.config.updated.v1', next),
      aConfigEvent('operator.config.deleted.v1', next),
      aHealthTransition(aHealth(newOperatorId()), 'UNKNOWN').event,
    ]
    for (const event of events) await publisher.publish(event)
    const config = (await stored()).filter(({ subject }) => subject.startsWith('operator.config.'))
    t.same(
      config.map(({ eventId }) => eventId),
      events.slice(0, 3).map(({ eventId }) => eventId),
    )
    const health = (await stored()).filter(({ subject }) => subject === 'operator.health.v1')
    t.same(
      health.map(({ payload, traceparent }) => ({ payload, traceparent })),
      [{ payload: events[3]?.payload, traceparent: null }],
    )
  })

  t.test('an event that is published again is stored once', async (t) => {
    const { publisher, stored } = await open(t)
    const event = anEvent()
    await publisher.publish(event)
    await publisher.publish(event)
    await Promise.all([publisher.publish(event), publisher.publish(event)])
    t.equal((await stored()).length, 1)
  })

  t.test('many events in flight are all stored', async (t) => {
    const { publisher, stored } = await open(t)
    const events = Array.from({ length: 50 }, anEvent)
    await Promise.all(events.map((event) => publisher.publish(event)))
    const ids = (await stored()).map(({ eventId }) => eventId)
    t.same(ids.toSorted(), events.map(({ eventId }) => eventId).toSorted())
  })

  t.test('an event that the stream will never take is refused, and the next one goes', async (t) => {
    const { publisher, stored } = await open(t)
    const event = anEvent()
    const huge = { ...event, payload: { ...event.payload, name: 'x'.repeat(9 * 1024 * 1024) } }
    const refusal: unknown = await publisher.publish(huge).catch((error: unknown) => error)
    t.ok(refusal instanceof EventRefused, String(refusal).slice(0, 200))
    await publisher.publish(event)
    t.same(
      (await stored()).map(({ eventId }) => eventId),
      [event.eventId],
    )
  })
}
