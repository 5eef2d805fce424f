// A process that calls the service as its callers do.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { get } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectHttp, requestText, type TlsMaterial } from './http-connection.ts'
import { p50Of, rateOf } from './paced.ts'
import { answer } from './remote.ts'

/** Paths of PEM files. */
export type TlsFiles = Readonly<{ cert: string; key: string; ca: string }>

export type Target = Readonly<{ url: string; headers?: Readonly<Record<string, string>>; tls?: TlsFiles }>

const handlers = {
  /** GETs per second over so many kept-alive connections, `paths` in turn. */
  async getRate({ target, paths, connections, milliseconds, pauseMs = 0 }: GetRate): Promise<number> {
    const requests = paths.map((path) => requestText('GET', path, { headers: target.headers ?? {} }))
    using opened = new DisposableStack()
    const tls = target.tls && (await materialOf(target.tls))
    const connectOnce = async () => opened.use(await connectHttp(target.url, tls))
    const idle = await Promise.all(Array.from({ length: connections }, connectOnce))
    return await rateOf(
      async (turn) => {
        const last = idle.pop()
        const connection = last?.isOpen() ? last : await connectOnce()
        await connection.exchange(requests[turn % requests.length] ?? '', 200)
        idle.push(connection)
        if (pauseMs > 0) await sleep(pauseMs)
      },
      { lanes: connections, milliseconds },
    )
  },

  /** The p50 of creating so many operators, one after the other, in milliseconds. */
  async createOperators({ target, count }: Readonly<{ target: Target; count: number }>): Promise<number> {
    using connection = await connectHttp(target.url)
    const headers = { ...target.headers, 'content-type': 'application/json' }
    return await p50Of(async () => {
      await connection.exchange(
        requestText('POST', '/v1/admin/operators', { headers, body: JSON.stringify(anOperator()) }),
        201,
      )
    }, count)
  },

  /** Milliseconds and octets of one answer, whatever its length. */
  async download({ target, path }: Readonly<{ target: Target; path: string }>): Promise<Download> {
    const tls = target.tls && (await materialOf(target.tls))
    const since = performance.now()
    const octets = await new Promise<number>((resolve, reject) => {
      get(`${target.url}${path}`, { ...tls, agent: false }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`))
        let octets = 0
        response.on('data', (chunk: Buffer) => (octets += chunk.length))
        response.on('end', () => resolve(octets)).on('error', reject)
      }).on('error', reject)
    })
    return { milliseconds: performance.now() - since, octets }
  },
}

type GetRate = Readonly<{
  target: Target
  paths: readonly string[]
  connections: number
  milliseconds: number
  /** Of each connection between two requests. */
  pauseMs?: number
}>
type Download = Readonly<{ milliseconds: number; octets: number }>

export type Caller = typeof handlers

async function materialOf({ cert, key, ca }: TlsFiles): Promise<TlsMaterial> {
  const [certText, keyText, caText] = await Promise.all([cert, key, ca].map((path) => readFile(path, 'utf8')))
  return { cert: certText ?? '', key: keyText ?? '', ca: caText ?? '' }
}

function anOperator(): Readonly<Record<string, unknown>> {
  const unique = randomUUID()
  return {
    name: `Bench ${unique}`,
    host: `${unique}.bench.example`,
    port: 2775,
    systemId: 'bench',
    bindType: 'TRANSCEIVER',
    password: 'pass-wd1',
    tpsLimit: { maxTps: 100 },
  }
}

answer(handlers)
