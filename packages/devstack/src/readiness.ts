import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { LOOPBACK } from './ports.ts'
import { POSTGRES_OWNER, type ServiceName } from './service.ts'

const PROBE_TIMEOUT_MS = 1_000

type Hello = Readonly<{ say?: Buffer; ready: (answer: Buffer) => boolean }>

/** By what a server is asked whether it takes clients. Alertmanager answers as Prometheus does. */
export type Protocol = ServiceName | 'prometheus'

const HELLOS: Readonly<Record<Protocol, Hello>> = {
  // PostgreSQL protocol 3.0: a start-up message is answered by an authentication request, or by an error while it starts.
  postgres: { say: startupMessage(), ready: (answer) => answer[0] === 'R'.charCodeAt(0) },
  // RESP: while Redis reads its data it answers -LOADING.
  redis: { say: Buffer.from('PING\r\n'), ready: (answer) => answer.toString('latin1').startsWith('+PONG') },
  // A NATS server speaks first, and listens only once JetStream has recovered its streams.
  nats: { ready: (answer) => answer.toString('latin1').startsWith('INFO {') },
  // 503 while it reads its write-ahead log.
  prometheus: {
    say: Buffer.from('GET /-/ready HTTP/1.0\r\n\r\n'),
    ready: (answer) => /^HTTP\/1\.[01] 200 /.test(answer.toString('latin1')),
  },
}

/** Whether the service behind the port would take a client now. */
export async function answers(service: Protocol, port: number): Promise<boolean> {
  const { say, ready } = HELLOS[service]
  const socket = connect({ host: LOOPBACK, port, timeout: PROBE_TIMEOUT_MS })
  try {
    return await new Promise<boolean>((resolve) => {
      const no = () => resolve(false)
      socket.once('error', no).once('timeout', no).once('close', no)
      socket.once('data', (answer: Buffer) => resolve(ready(answer)))
      if (say) socket.once('connect', () => socket.write(say))
    })
  } finally {
    socket.destroy()
  }
}

export type Wait = Readonly<{ withinMs: number; over: () => boolean }>

/** Asks until the service answers; false when `over` says that it never will, or at the deadline. */
export function becomesReady(service: Protocol, port: number, wait: Wait): Promise<boolean> {
  return untilTrue(() => answers(service, port), wait)
}

export async function untilTrue(ask: () => Promise<boolean>, { withinMs, over }: Wait): Promise<boolean> {
  const deadline = Date.now() + withinMs
  for (;;) {
    if (over()) return false
    if (await ask()) return !over()
    if (Date.now() > deadline) return false
    await sleep(15)
  }
}

function startupMessage(): Buffer {
  const parameters = Buffer.from(`user\0${POSTGRES_OWNER}\0database\0postgres\0\0`)
  const message = Buffer.alloc(8 + parameters.length)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(196_608, 4) // protocol 3.0
  parameters.copy(message, 8)
  return message
}
