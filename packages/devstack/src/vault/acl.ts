import type { Call, Scope } from './call.ts'
import { type Capability, parsePolicy, type Rule } from './policy-text.ts'
import type { State, Token } from './state.ts'

/** Whether the caller's policies grant `capability` on the path of this call. Denied unless granted. */
export function allows(scope: Scope, call: Call, capability: Capability): boolean {
  if (scope.caller === undefined) return false
  const granted = capabilitiesOf(scope.state, scope.caller, { ...call, list: call.verb === 'list' })
  return granted === 'root' || (granted.has(capability) && !granted.has('deny'))
}

/** What a token may do on a path of a namespace. A token reaches its own namespace and those below it. */
export function capabilitiesOf(
  state: State,
  token: Token,
  { namespace, path, list }: Readonly<{ namespace: string; path: string; list: boolean }>,
): ReadonlySet<Capability> | 'root' {
  if (namespace !== token.namespace && !namespace.startsWith(token.namespace === '' ? '' : `${token.namespace}/`)) {
    return new Set()
  }
  if (token.policies.includes('root')) return 'root'
  const below = namespace.slice(token.namespace.length).replace(/^\//, '')
  const full = below === '' ? path : `${below}/${path}`
  const policies = state.namespaces.get(token.namespace)?.policies
  const rules = token.policies.flatMap((name) => rulesOf(policies?.get(name) ?? ''))
  return union(list ? bestForList(rules, full) : best(rules, full))
}

const parsed = new Map<string, Rule[]>()

function rulesOf(text: string): Rule[] {
  const known = parsed.get(text)
  if (known !== undefined) return known
  if (parsed.size > 1_000) parsed.clear()
  const rules = parsePolicy(text)
  parsed.set(text, rules)
  return rules
}

/** Rules of several policies for one and the same path add up; a deny among them wins. */
function union(rules: readonly Rule[]): Set<Capability> {
  return new Set(rules.flatMap((rule) => rule.capabilities))
}

/** A list of `a/` is also granted by rules for `a`. */
function bestForList(rules: readonly Rule[], path: string): Rule[] {
  const bare = path.replace(/\/$/, '')
  const exact = rules.filter((rule) => rule.path === path)
  if (exact.length > 0) return exact
  const withoutSlash = best(rules, bare)
  return withoutSlash.length > 0 ? withoutSlash : best(rules, path)
}

function best(rules: readonly Rule[], path: string): Rule[] {
  const exact = rules.filter((rule) => rule.path === path && !isPattern(rule.path))
  if (exact.length > 0) return exact
  const matching = rules.filter((rule) => isPattern(rule.path) && matches(rule.path, path))
  const winner = matching.reduce<Rule | undefined>(
    (top, rule) => (top === undefined || outranks(rule.path, top.path) ? rule : top),
    undefined,
  )
  return matching.filter((rule) => rule.path === winner?.path)
}

const hasSegmentWildcard = (pattern: string) => /(^|\/)\+(\/|\*?$)/.test(pattern)
const isPattern = (pattern: string) => pattern.endsWith('*') || hasSegmentWildcard(pattern)

/** `*` at the end stands for any rest, `+` for exactly one segment. */
export function matches(pattern: string, path: string): boolean {
  const prefix = pattern.endsWith('*')
  const wanted = (prefix ? pattern.slice(0, -1) : pattern).split('/')
  const given = path.split('/')
  if (prefix ? given.length < wanted.length : given.length !== wanted.length) return false
  return wanted.every((part, at) => {
    if (part === '+' || part === given[at]) return true
    return prefix && at === wanted.length - 1 && given[at]?.startsWith(part) === true
  })
}

/**
 * developer.hashicorp.com/vault/docs/concepts/policies#priority-matching: the later first wildcard wins, then no `*`
 * at the end, then fewer `+` segments, then the longer text, then the lexically greater one.
 */
export function outranks(a: string, b: string): boolean {
  const [x, y] = [rank(a), rank(b)]
  if (x.first !== y.first) return x.first > y.first
  if (x.prefix !== y.prefix) return !x.prefix
  if (x.segments !== y.segments) return x.segments < y.segments
  return a.length === b.length ? a > b : a.length > b.length
}

function rank(pattern: string) {
  return {
    first: pattern.search(/(^|(?<=\/))\+(?=\/|\*?$)|\*$/),
    prefix: pattern.endsWith('*'),
    segments: pattern.split('/').filter((part) => part === '+').length,
  }
}
