import { SpanKind } from '@opentelemetry/api'
import type { EventPublisher } from '@oms/domain'
import { currentTraceparent, linksTo, openTrace, withSpan } from './tracing.ts'

/**
 * A publish goes on in the trace of the change that wrote the event, below its span and with a link to it, for the change
 * may be long over; consumers get the publish as the caller. An event from a time without traces begins one.
 */
export const tracedPublisher = (publisher: EventPublisher): EventPublisher => ({
  publish(event) {
    const { payload, subject, traceparent } = event
    const { operatorId } = payload
    const settings = {
      kind: SpanKind.PRODUCER,
      attributes: {
        event: subject.replace(/\.v\d+$/, ''),
        ...(typeof operatorId === 'string' ? { 'ops.operator_id': operatorId } : {}),
        // https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
        'messaging.system': 'nats',
        'messaging.destination.name': subject,
        'messaging.message.id': event.eventId,
      },
      links: linksTo(traceparent),
    }
    return openTrace(traceparent ?? undefined).run(() =>
      withSpan('ops.nats.publish', settings, () =>
        publisher.publish({ ...event, traceparent: currentTraceparent() ?? traceparent }),
      ),
    )
  },
})
