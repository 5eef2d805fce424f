import { capabilitiesOf } from './acl.ts'
import type { Call, Route, Scope } from './call.ts'
import { listOf, objectOf, textOf } from './input.ts'
import { newAuthMount, newMount } from './mounts.ts'
import { CAPABILITIES, parsePolicy } from './policy-text.ts'
import { badRequest, keys, noContent, notFound, ok, permissionDenied, type Reply } from './reply.ts'
import type { AuthMount, Mount, Token } from './state.ts'
import { DEFAULT_TTL, liveToken, MAX_TTL } from './tokens.ts'

/** The part of developer.hashicorp.com/vault/api-docs/system that needs a token and an open seal. */
export function sysRoute(scope: Scope, call: Call, rest: string): Route | undefined {
  const [area, ...more] = rest.split('/')
  const name = more.join('/')
  switch (area) {
    case 'mounts':
      return name === ''
        ? { run: { read: () => ok(describeAll(scope.space.mounts, describeMount)) } }
        : mountRoute(scope, call, name)
    case 'auth':
      return name === ''
        ? { run: { read: () => ok(describeAll(scope.space.auths, describeAuthMount)) } }
        : authRoute(scope, call, name)
    case 'policies':
      return more[0] === 'acl'
        ? policyRoute(scope, call, { given: more.slice(1).join('/'), member: 'policy' })
        : undefined
    case 'policy':
      return policyRoute(scope, call, { given: name, member: 'rules' })
    case 'capabilities-self':
      return { run: { write: () => capabilities(scope, call, scope.caller) } }
    case 'capabilities':
      return {
        run: { write: () => capabilities(scope, call, liveToken(scope.state, textOf(call.body, 'token'), call.now)) },
      }
    default:
      return undefined
  }
}

function describeAll<T>(mounts: ReadonlyMap<string, T>, describe: (mount: T) => unknown): Record<string, unknown> {
  return Object.fromEntries([...mounts].map(([path, mount]) => [path, describe(mount)]))
}

const leases = { default_lease_ttl: 0, max_lease_ttl: 0, force_no_cache: false }

const describeMount = ({ accessor, description }: Mount) => ({
  accessor,
  config: leases,
  description,
  local: false,
  options: { version: '2' },
  type: 'kv',
})

const describeAuthMount = ({ accessor, description, type }: AuthMount) => ({
  accessor,
  config: leases,
  description,
  local: false,
  options: null,
  type,
})

/** developer.hashicorp.com/vault/api-docs/system/mounts */
function mountRoute({ space }: Scope, call: Call, name: string): Route {
  if (name.endsWith('/tune')) return tuneRoute(space.mounts.has(withSlash(name.slice(0, -5))))
  const path = withSlash(name)
  const existing = space.mounts.get(path)
  return {
    run: {
      read() {
        if (existing === undefined) throw badRequest(`No secret engine mount at ${path}`)
        return ok(describeMount(existing))
      },
      write() {
        if (['sys/', 'auth/', 'cubbyhole/', 'identity/'].some((taken) => path.startsWith(taken))) {
          throw badRequest(`cannot mount "${path}"`)
        }
        if ([...space.mounts.keys()].some((at) => at.startsWith(path) || path.startsWith(at))) {
          throw badRequest(`path is already in use at ${path}`)
        }
        const type = textOf(call.body, 'type')
        const version = textOf(objectOf(call.body, 'options') ?? {}, 'version')
        if (type !== 'kv-v2' && !(type === 'kv' && version === '2')) {
          throw badRequest('the development Vault mounts KV version 2 only')
        }
        space.mounts.set(path, newMount(textOf(call.body, 'description')))
        return noContent
      },
      delete() {
        space.mounts.delete(path)
        return noContent
      },
    },
  }
}

/** developer.hashicorp.com/vault/api-docs/system/auth */
function authRoute({ space, state }: Scope, call: Call, name: string): Route {
  if (name.endsWith('/tune')) return tuneRoute(space.auths.has(withSlash(name.slice(0, -5))))
  const path = withSlash(name)
  const existing = space.auths.get(path)
  return {
    sudo: true,
    run: {
      read() {
        if (existing === undefined) throw badRequest(`No auth engine at ${path}`)
        return ok(describeAuthMount(existing))
      },
      write() {
        if ([...space.auths.keys()].some((at) => at.startsWith(path) || path.startsWith(at))) {
          throw badRequest(`path is already in use at ${path}`)
        }
        const type = textOf(call.body, 'type')
        if (type !== 'approle' && type !== 'kubernetes') {
          throw badRequest(`plugin not found in the catalog: ${type ?? ''}`)
        }
        space.auths.set(path, newAuthMount(type, textOf(call.body, 'description')))
        return noContent
      },
      delete() {
        if (existing?.type === 'token') throw badRequest('token credential backend cannot be disabled')
        space.auths.delete(path)
        for (const token of [...state.tokens.values()]) {
          if (token.namespace === call.namespace && token.path.startsWith(`auth/${path}`)) state.tokens.delete(token.id)
        }
        return noContent
      },
    },
  }
}

function tuneRoute(exists: boolean): Route {
  return {
    run: {
      read() {
        if (!exists) throw badRequest('cannot fetch sysview for a path that is not mounted')
        return ok({ default_lease_ttl: DEFAULT_TTL, max_lease_ttl: MAX_TTL, force_no_cache: false })
      },
    },
  }
}

const withSlash = (path: string) => (path.endsWith('/') ? path : `${path}/`)

/** developer.hashicorp.com/vault/api-docs/system/policies and .../system/policy, which calls the text `rules` on reading. */
type PolicyPlace = Readonly<{ given: string; member: 'policy' | 'rules' }>

function policyRoute({ space }: Scope, call: Call, { given, member }: PolicyPlace): Route {
  const names = [...space.policies.keys(), 'root']
  const name = given.toLowerCase()
  if (name === '') {
    const list = () => (member === 'policy' ? keys(names) : ok({ keys: names.sort(), policies: names.sort() }))
    return { run: { list, ...(member === 'rules' && { read: list }) } }
  }
  return {
    run: {
      read() {
        const text = name === 'root' ? '' : space.policies.get(name)
        if (text === undefined) throw notFound()
        return ok({ name, [member]: text })
      },
      write() {
        if (name === 'root') throw badRequest('cannot update "root" policy')
        const text = textOf(call.body, 'policy') ?? textOf(call.body, 'rules')
        if (text === undefined || text === '') throw badRequest("'policy' parameter not supplied or empty")
        const plain = fromBase64(text)
        parsePolicy(plain)
        space.policies.set(name, plain)
        return noContent
      },
      delete() {
        if (name === 'root' || name === 'default') throw badRequest(`cannot delete "${name}" policy`)
        space.policies.delete(name)
        return noContent
      },
    },
  }
}

/** Policies may be sent as base64. */
function fromBase64(text: string): string {
  return /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : text
}

/** developer.hashicorp.com/vault/api-docs/system/capabilities-self */
function capabilities(scope: Scope, call: Call, token: Token | undefined): Reply {
  if (token === undefined) throw permissionDenied()
  const paths = listOf(call.body, 'paths') ?? listOf(call.body, 'path') ?? []
  if (paths.length === 0) throw badRequest('paths must be supplied')
  const found = Object.fromEntries(
    paths.map((path) => {
      const granted = capabilitiesOf(scope.state, token, {
        namespace: call.namespace,
        path: path.replace(/^\/+/, ''),
        list: true,
      })
      if (granted === 'root') return [path, ['root']]
      const listed = CAPABILITIES.filter((capability) => granted.has(capability)).sort()
      return [path, listed.length === 0 || granted.has('deny') ? ['deny'] : listed]
    }),
  )
  return ok({ ...found, ...(paths.length === 1 && { capabilities: Object.values(found)[0] }) })
}
