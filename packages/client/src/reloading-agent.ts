import { Agent } from 'node:https'
import { type CertificateTexts, readCertificates, secureContextOf, type TlsFiles } from './certificate-files.ts'
import { OperatorClientError } from './errors.ts'
import type { Problem } from './observer.ts'

export type ReloadingAgent = Readonly<{
  /** Of the newest good certificates. Rejects with UNAVAILABLE, and why, while there have been none. */
  current(): Promise<Agent>
  close(): void
}>

export type ReloadingAgentOptions = Readonly<{
  tls: TlsFiles
  pollMs: number
  mostIdleSockets: number
  onProblem: (problem: Problem) => void
}>

const IDLE_SOCKET_MS = 30_000

/**
 * Polls by content, which sees every way of replacing a file, the symlink swaps of Kubernetes included. A change counts
 * once two polls saw the same; one that cannot be used is told of once, and what was in force stays so.
 */
export function openReloadingAgent({ tls, pollMs, mostIdleSockets, onProblem }: ReloadingAgentOptions): ReloadingAgent {
  let agent: Agent | undefined
  let inForce = ''
  let seen = ''
  let refused: { texts: string; why: string } | undefined
  let looking: Promise<void> | undefined
  let closed = false

  async function look(): Promise<void> {
    const found = await readCertificates(tls).catch((error: unknown) => reasonOf(error))
    const texts = JSON.stringify(found)
    const settled = agent === undefined || texts === seen
    seen = texts
    if (closed || !settled) return
    try {
      if (texts !== inForce) use(found)
      inForce = texts
      if (refused !== undefined)
        onProblem({ source: 'certificates', message: 'the certificates in the files are in use' })
      refused = undefined
    } catch (error) {
      refuse(texts, reasonOf(error))
    }
  }

  function use(found: CertificateTexts | string): void {
    if (typeof found === 'string') throw new Error(found)
    // As a context: an agent names its sockets by the texts of key and certificate otherwise.
    const secureContext = secureContextOf(found)
    const next = new Agent({
      keepAlive: true,
      maxFreeSockets: mostIdleSockets,
      timeout: IDLE_SOCKET_MS,
      secureContext,
      rejectUnauthorized: true,
    })
    if (agent !== undefined) retire(agent)
    agent = next
  }

  function refuse(texts: string, why: string): void {
    if (refused?.texts === texts) return
    refused = { texts, why }
    const meanwhile = agent === undefined ? 'nothing can be read until they are good' : 'the ones before stay in use'
    onProblem({ source: 'certificates', message: `the certificates cannot be used (${why}); ${meanwhile}` })
  }

  /** One at a time; who comes meanwhile shares it. */
  const lookOnce = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  const schedule = (): NodeJS.Timeout =>
    setTimeout(() => {
      void lookOnce().then(() => {
        if (!closed) timer = schedule()
      })
    }, pollMs).unref()
  let timer = schedule()
  void lookOnce()

  return {
    async current() {
      if (agent === undefined) await lookOnce()
      if (agent !== undefined) return agent
      throw new OperatorClientError('UNAVAILABLE', `the certificates cannot be used: ${refused?.why ?? 'closed'}`)
    },
    close() {
      closed = true
      clearTimeout(timer)
      agent?.destroy()
    },
  }
}

/** What is under way ends on it; nothing new begins. */
function retire(agent: Agent): void {
  agent.maxFreeSockets = 0
  dropIdleSockets(agent)
}

export function dropIdleSockets(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of [...(sockets ?? [])]) socket.destroy()
  }
}

/** Of reading files and of their checks: names paths, never contents. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unreadable')
