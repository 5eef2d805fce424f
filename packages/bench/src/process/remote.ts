import { fork } from 'node:child_process'
import { once } from 'node:events'

/** What a process of the bench can be asked for; input and answer travel as JSON. */
export type Handlers = Readonly<Record<string, (input: never) => Promise<unknown>>>

/** A process of its own, so that neither side of what is measured runs on the other's thread. */
export type Remote<H extends Handlers> = AsyncDisposable &
  Readonly<{
    pid: number
    ask<K extends keyof H & string>(name: K, input: Parameters<H[K]>[0]): Promise<Awaited<ReturnType<H[K]>>>
  }>

type Question = Readonly<{ id: number; name: string; input: unknown }>
type Answer = Readonly<{ id: number; value?: unknown; error?: string }>

/** Starts `file`, which is to call `answer`. It ends when this process does. */
export async function startRemote<H extends Handlers>(file: string): Promise<Remote<H>> {
  const child = fork(file, { execArgv: ['--conditions=@oms/source'] })
  await once(child, 'spawn')
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let asked = 0
  child.on('message', ({ id, value, error }: Answer) => {
    const question = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) question?.resolve(value)
    else question?.reject(new Error(error))
  })
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code}`))
  })
  return {
    pid: child.pid ?? 0,
    ask: (name, input) => {
      const question = Promise.withResolvers<unknown>()
      waiting.set(++asked, question)
      // Without a callback a process that has gone would take this one along, and the reason why it has.
      child.send({ id: asked, name, input } satisfies Question, (error) => {
        if (error !== null) question.reject(error)
      })
      return question.promise as Promise<Awaited<ReturnType<H[typeof name]>>>
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

/** The other side: answers until the parent leaves. */
export function answer(handlers: Handlers): void {
  process.on('message', ({ id, name, input }: Question) => {
    const send = (answer: Answer) => void process.send?.(answer)
    const handle = handlers[name]
    if (handle === undefined) return send({ id, error: `nobody answers ${name}` })
    handle(input as never).then(
      (value) => send({ id, value }),
      (error: unknown) => send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
}
