import { connect, createServer, type Server, type Socket } from 'node:net'

/** A wire to PostgreSQL that reads the server's notices on their way to a client that does not care for them. */
export type NoticeTap = AsyncDisposable & Readonly<{ url: string; notices(): readonly string[] }>

const HEADER = 5 // a type and the length of the rest, itself included
const NOTICE = 'N'
const MESSAGE = 'M'

/** https://www.postgresql.org/docs/15/protocol-message-formats.html: without TLS, all that a server sends are messages. */
export async function tapNotices(url: string): Promise<NoticeTap> {
  const tapped = new URL(url)
  const target = { host: tapped.hostname, port: Number(tapped.port) }
  const notices: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target)
    let pending = Buffer.alloc(0)
    upstream.on('data', (data) => {
      pending = Buffer.concat([pending, data])
      for (let message = firstOf(pending); message !== undefined; message = firstOf(pending)) {
        if (message.type === NOTICE) notices.push(textOf(message.body))
        pending = pending.subarray(HEADER + message.body.length)
      }
    })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy()).on('close', () => other.destroy())
      socket.pipe(other)
    }
  })
  tapped.port = String(await listening(server))
  return {
    url: tapped.href,
    notices: () => notices,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function firstOf(data: Buffer): Readonly<{ type: string; body: Buffer }> | undefined {
  if (data.length < HEADER) return undefined
  const end = 1 + data.readUInt32BE(1)
  return data.length < end ? undefined : { type: data.toString('latin1', 0, 1), body: data.subarray(HEADER, end) }
}

/** Of a notice's fields, each a letter and a text that ends with NUL, the message. */
const textOf = (body: Buffer): string =>
  body
    .toString('utf8')
    .split('\0')
    .find((field) => field.startsWith(MESSAGE))
    ?.slice(1) ?? ''

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port')
  return address.port
}
