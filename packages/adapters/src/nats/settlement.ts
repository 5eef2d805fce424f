import { type Msg, nanos } from 'nats'

/** Done with; never again; again after a while. */
export type Settlement = 'ack' | 'term' | Readonly<{ nakAfterMs: number }>

// https://docs.nats.io/using-nats/developer/develop_jetstream/consumers#delivery-and-acknowledgement. A settlement that
// is lost on the way costs a redelivery, which the receivedAt of the state of record tells from a new report.

export function settle(message: Msg, settlement: Settlement): void {
  if (settlement === 'ack') message.respond('+ACK')
  else if (settlement === 'term') message.respond('+TERM')
  else message.respond(`-NAK ${JSON.stringify({ delay: nanos(settlement.nakAfterMs) })}`)
}

/** Gives it back to any replica, at once. */
export const giveBack = (message: Msg): void => void message.respond('-NAK')

/** Starts its AckWait anew. */
export const stillWorking = (message: Msg): void => void message.respond('+WPI')
