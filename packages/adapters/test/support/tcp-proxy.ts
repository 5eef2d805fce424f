import { connect, createServer, type Socket } from 'node:net'

type Test = Readonly<{ teardown(end: () => PromiseLike<void>): void }>

/** A wire that a test can cut. */
export type TcpProxy = Readonly<{
  port: number
  /** Bytes vanish in both directions while connections stay open; new connections are accepted and get no answer. */
  swallow(on: boolean): void
  /** Cuts a connection once its client has sent `text`: before the server gets to see it, or after the server answered. */
  cutAt(text: string, when: 'before' | 'after'): void
}>

export async function tcpProxy(t: Test, target: Readonly<{ host: string; port: number }>): Promise<TcpProxy> {
  let swallowing = false
  let cut: { text: string; when: 'before' | 'after' } | undefined
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target)
    let answerIsLost = false
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (data) => {
      if (swallowing) return
      if (cut !== undefined && data.includes(cut.text)) {
        if (cut.when === 'before') return end()
        answerIsLost = true
        cut = undefined
      }
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (answerIsLost) end()
      else if (!swallowing) client.write(data)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port')
  return {
    port: address.port,
    swallow: (on) => {
      swallowing = on
    },
    cutAt: (text, when) => {
      cut = { text, when }
    },
  }
}
