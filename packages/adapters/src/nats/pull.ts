import { createInbox, type Msg, type NatsConnection, nanos } from 'nats'
import { natsUnavailable } from './errors.ts'
import { isDelivery } from './inbound-message.ts'
import { within } from './pause.ts'

export type PullOptions = Readonly<{
  stream: string
  consumer: string
  /** Messages wanted in hand; asked for in one pull that stays open, so that a report that comes alone waits for nobody. */
  capacity: () => number
  /** Of their payloads, about. */
  maxBytes: number
  /** What of both is in hand now. */
  inHand: Readonly<{ size(): number; bytes(): number }>
  onMessage: (message: Msg) => void
  /** Rejects when the consumer is not there. */
  verify: () => Promise<unknown>
}>

export type Pull = Readonly<{
  /** To be called when messages left the hand. */
  refill(): void
  /** Rejects when the server ended the pull, or fell silent. The consumer may be gone. */
  failed: Promise<never>
  /** Takes no more; resolves when what was under way has arrived, which is nothing when the connection is lost. */
  close(connected: boolean): Promise<void>
}>

const EXPIRES_MS = 10_000
/** nats-server 2.9 can drop a pull in the moment in which it expires without a word: then it is over all the same. */
const OVERDUE_MS = 500
const HEARTBEAT_MS = 2_000
/** Two heartbeats missed, and some patience for a busy machine. */
const SILENCE_MS = 5_000
const CLOSE_LIMIT_MS = 1_000

const STATUS = { heartbeat: 100, noMessages: 404, expired: 408, conflict: 409 } as const

/**
 * Pulls by credit: one pull is open at a time and asks for as many messages as there is room for. Under low load each
 * message is pushed the moment it is stored; under high load what arrives during one batch is the next. The client's own
 * `consume()` asks by what was delivered, not by what was dealt with, and decides by the text of statuses.
 */
export function openPull(connection: NatsConnection, options: PullOptions): Pull {
  const { stream, consumer, capacity, maxBytes, inHand, onMessage, verify } = options
  const inbox = createInbox()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  // The server never delivers a message that is larger than the pull's limit.
  const leastBytes = 2 * (connection.info?.max_payload ?? 0)
  let open: { inbox: string; left: number; served: boolean } | undefined
  let pulls = 0
  let overdue: NodeJS.Timeout | undefined
  let closed = false
  let lastHeard = performance.now()

  const fail = (reason: string) => failure.reject(natsUnavailable(new Error(reason)))

  function refill(): void {
    const room = capacity() - inHand.size()
    const bytes = maxBytes - inHand.bytes()
    if (closed || connection.isClosed() || open !== undefined) return
    // Few large messages fill a hand as well as many small ones do.
    if (room < capacity() / 2 || bytes < maxBytes / 2) return
    pulls += 1
    open = { inbox: `${inbox}.${pulls}`, left: room, served: false }
    overdue = setTimeout(again, EXPIRES_MS + OVERDUE_MS)
    lastHeard = performance.now()
    const max_bytes = Math.max(bytes, leastBytes)
    const request = { batch: room, max_bytes, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify(request), {
      reply: open.inbox,
    })
  }

  function again(): void {
    clearTimeout(overdue)
    open = undefined
    refill()
  }

  function onStatus(status: number): void {
    if (status === STATUS.heartbeat) return
    if (status === STATUS.expired || status === STATUS.noMessages) return again()
    // A conflict is how a pull ends that reached its bytes, and also one whose consumer was deleted; asking a consumer
    // that is gone brings no answer at all. One that brought nothing would be repeated without end.
    if (status !== STATUS.conflict || !open?.served) return fail(`a pull ended with status ${status}`)
    verify().then(again, failure.reject)
  }

  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error !== null) return failure.reject(natsUnavailable(error))
      lastHeard = performance.now()
      if (!isDelivery(message)) {
        // What is said of an earlier pull is of no interest any more.
        if (message.subject === open?.inbox) onStatus(message.headers?.code ?? 0)
        return
      }
      onMessage(message)
      if (open === undefined) return
      open.served = true
      open.left -= 1
      if (open.left === 0) again()
    },
  })
  const watchdog = setInterval(() => {
    if (open !== undefined && performance.now() - lastHeard > SILENCE_MS) fail('a pull fell silent')
  }, HEARTBEAT_MS)

  refill()
  return {
    refill,
    failed: failure.promise,
    async close(connected) {
      closed = true
      clearInterval(watchdog)
      clearTimeout(overdue)
      if (connected && !subscription.isClosed()) await within(CLOSE_LIMIT_MS, subscription.drain())
      if (!subscription.isClosed()) subscription.unsubscribe()
    },
  }
}
