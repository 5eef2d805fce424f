import type { RunningApp } from '@oms/testkit'
import { once } from 'node:events'

/** MiB: what is still in use right after a full collection, and what the process has from the system. */
export type Heap = Readonly<{ used: number; resident: number }>

/** For NODE_OPTIONS: the inspector listens, on a port of its own choice, and costs nothing until it is spoken to. */
export const INSPECTABLE = '--inspect=127.0.0.1:0'

const MIB = 1_024 * 1_024
const USED = 'JSON.stringify(process.memoryUsage())'

type Answer = Readonly<{ id: number; result?: Readonly<{ result?: Readonly<{ value?: string }> }> }>

/** Looks into a process that was started with INSPECTABLE: chromedevtools.github.io/devtools-protocol/v8/HeapProfiler */
export async function openHeap(app: RunningApp): Promise<Disposable & Readonly<{ measure(): Promise<Heap> }>> {
  const [, url] = /Debugger listening on (ws:\S+)/.exec(app.output()) ?? []
  if (url === undefined) throw new Error(`${app.app} cannot be inspected`)
  const socket = new WebSocket(url)
  await once(socket, 'open')
  let asked = 0
  const ask = async (method: string, params: object = {}): Promise<Answer> => {
    const id = ++asked
    const answered = new Promise<Answer>((resolve) => {
      const listen = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data)) as Answer
        if (answer.id !== id) return
        socket.removeEventListener('message', listen)
        resolve(answer)
      }
      socket.addEventListener('message', listen)
    })
    socket.send(JSON.stringify({ id, method, params }))
    return await answered
  }
  return {
    async measure() {
      await ask('HeapProfiler.collectGarbage')
      const { result } = await ask('Runtime.evaluate', { expression: USED })
      const usage = JSON.parse(result?.result?.value ?? '{}') as NodeJS.MemoryUsage
      return { used: (usage.heapUsed + usage.external) / MIB, resident: usage.rss / MIB }
    },
    [Symbol.dispose]: () => socket.close(),
  }
}
