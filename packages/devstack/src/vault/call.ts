import type { Body } from './input.ts'
import type { Reply } from './reply.ts'
import type { Namespace, State, Token } from './state.ts'

export type Verb = 'read' | 'write' | 'patch' | 'delete' | 'list'

/** One request, decoded: `path` is relative to the namespace and has no `/v1/`. */
export type Call = Readonly<{
  verb: Verb
  path: string
  namespace: string
  query: URLSearchParams
  body: Body
  contentType: string
  token: string | undefined
  /** Epoch milliseconds. */
  now: number
}>

/** What an endpoint works on. `caller` is there on every route that is not open. */
export type Scope = Readonly<{ state: State; space: Namespace; caller: Token | undefined }>

/**
 * An endpoint found for a path. `open` needs no token, `sudo` the sudo capability; `exists` turns a write into an
 * update (true) or a create (false), and a write without it counts as an update.
 */
export type Route = Readonly<{
  open?: true
  sudo?: true
  exists?: boolean
  run: Readonly<Partial<Record<Verb, () => Reply | Promise<Reply>>>>
}>
