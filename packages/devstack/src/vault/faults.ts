export type FaultRequest = Readonly<{ method: string; path: string }>

/** Which requests a fault meets (all, if not given) and how many of them (no end, if not given). */
export type FaultOptions = Readonly<{ when?: (request: FaultRequest) => boolean; times?: number }>

export type Effect =
  | Readonly<{ kind: 'slow'; ms: number }>
  | Readonly<{ kind: 'fail'; status: number; errors: readonly string[] }>
  | Readonly<{ kind: 'hang' }>
  | Readonly<{ kind: 'drop'; after: boolean }>

/** Takes the fault away again. Calling it twice does nothing more. */
export type Undo = () => void

export type Faults = Readonly<{
  /** Answers this much later. */
  slow(ms: number, options?: FaultOptions): Undo
  /** Answers with this status and does nothing. */
  fail(status: number, options?: FaultOptions): Undo
  /** Takes the request and never answers. Held requests end with `clear`, `away` or `stop`. */
  hang(options?: FaultOptions): Undo
  /** Destroys the connection and does nothing. */
  dropBeforeWrite(options?: FaultOptions): Undo
  /** Does what is asked, then destroys the connection: the caller cannot know. Meets writes only. */
  dropAfterWrite(options?: FaultOptions): Undo
  /** As after `sys/seal`: 503 to everything but the status calls. */
  seal(): void
  unseal(): void
  /** Stops listening and cuts every connection; `back` listens on the same port again. */
  away(): Promise<void>
  back(): Promise<void>
  /** Sees each request before it is answered. */
  onRequest(hook: ((request: FaultRequest) => void | Promise<void>) | undefined): void
  /** Takes every fault and the hook away and unseals. Does not undo `away`. */
  clear(): void
}>

type Rule = { effect: Effect; options: FaultOptions; left: number }

export type FaultBook = Readonly<{
  add(effect: Effect, options?: FaultOptions): Undo
  /** The effects that meet this request, each counted as used. */
  meet(request: FaultRequest): Effect[]
  clear(): void
}>

export function createFaultBook(): FaultBook {
  const rules = new Set<Rule>()
  return {
    add(effect, options = {}) {
      const rule = { effect, options, left: options.times ?? Infinity }
      rules.add(rule)
      return () => rules.delete(rule)
    },
    meet(request) {
      const met = [...rules].filter(({ effect, options }) => {
        if (effect.kind === 'drop' && effect.after && ['GET', 'HEAD', 'LIST'].includes(request.method)) return false
        return options.when?.(request) ?? true
      })
      for (const rule of met) {
        rule.left -= 1
        if (rule.left <= 0) rules.delete(rule)
      }
      return met.map(({ effect }) => effect)
    },
    clear: () => rules.clear(),
  }
}
