import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** PEM. */
export type TlsMaterial = Readonly<{ cert: string; key: string; ca: string }>

/**
 * One kept-alive connection of a client that costs next to nothing, so that it does not become what is measured: answers
 * must have a Content-Length, and are held to their status.
 */
export type HttpConnection = Disposable &
  Readonly<{
    /** `request` as it goes over the wire (RFC 9112); one at a time. Rejects when the answer has another status. */
    exchange(request: string, status: number): Promise<void>
    /** False once the server has closed it: the internal API does so after ten minutes. */
    isOpen(): boolean
  }>

const HEAD_END = '\r\n\r\n'
const STATUS_AT = 'HTTP/1.1 '.length

export async function connectHttp(url: string, tls?: TlsMaterial): Promise<HttpConnection> {
  const { hostname: host, port } = new URL(url)
  const to = { host, port: Number(port) }
  const socket = tls === undefined ? connectTcp(to) : connectTls({ ...to, ...tls })
  await once(socket, tls === undefined ? 'connect' : 'secureConnect')
  socket.setNoDelay(true)
  let pending: Buffer[] = []
  let missing: number | undefined
  let waiting: (PromiseWithResolvers<void> & { status: string }) | undefined

  const settle = (answer: Buffer): void => {
    const [question, given] = [waiting, answer.toString('latin1', STATUS_AT, STATUS_AT + 3)]
    pending = []
    missing = undefined
    waiting = undefined
    if (given === question?.status) question.resolve()
    else question?.reject(new Error(`answered ${answer.toString('utf8')}`))
  }
  socket.on('data', (data: Buffer) => {
    pending.push(data)
    if (missing === undefined) {
      const whole = pending.length === 1 ? data : Buffer.concat(pending)
      const end = whole.indexOf(HEAD_END)
      if (end < 0) return
      const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(whole.toString('latin1', 0, end)) ?? []
      missing = end + HEAD_END.length + Number(length) - whole.length
    } else missing -= data.length
    if (missing <= 0) settle(Buffer.concat(pending))
  })
  const lost = (error?: Error): void => waiting?.reject(error ?? new Error('the connection was closed'))
  socket.on('error', lost).on('close', () => lost())

  return {
    exchange(request, status) {
      waiting = { ...Promise.withResolvers<void>(), status: String(status) }
      if (socket.readyState === 'open') socket.write(request)
      else lost()
      return waiting.promise
    },
    isOpen: () => socket.readyState === 'open',
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

/** A request as it goes over the wire. */
export function requestText(
  method: string,
  path: string,
  { headers, body = '' }: Readonly<{ headers: Readonly<Record<string, string>>; body?: string }>,
): string {
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries({ host: 'localhost', ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
