import { allows } from './acl.ts'
import { appRoleRoute } from './approle.ts'
import type { Call, Route, Scope, Verb } from './call.ts'
import { kubernetesRoute } from './kubernetes.ts'
import { kvRoute } from './kv-routes.ts'
import { findMount, namespaceOf } from './mounts.ts'
import type { Capability } from './policy-text.ts'
import { permissionDenied, type Reply, unsupportedOperation, VaultError } from './reply.ts'
import { type Seal, sealRoute } from './seal.ts'
import type { State } from './state.ts'
import { sysRoute } from './sys.ts'
import { tokenRoute } from './token-routes.ts'
import { countUse, liveToken, revokeToken } from './tokens.ts'

/** Answers one call. `changed` says whether the state has to be saved before the answer goes out. */
export async function answer(state: State, seal: Seal, call: Call): Promise<{ reply: Reply; changed: boolean }> {
  const open = call.path.startsWith('sys/') ? sealRoute(seal, call, call.path.slice(4)) : undefined
  if (open?.open) return { reply: await run(open, call.verb), changed: false }
  if (seal.sealed) throw new VaultError(503, 'Vault is sealed')

  const caller = liveToken(state, call.token, call.now)
  const scope: Scope = { state, space: namespaceOf(state, call.namespace), caller }
  const route = open ?? findRoute(scope, call)
  if (route?.open) return { reply: await run(route, call.verb), changed: true }

  if (caller === undefined) throw permissionDenied()
  const counted = countUse(caller)
  try {
    if (!allows(scope, call, capabilityFor(call.verb, route))) throw permissionDenied()
    if (route?.sudo && !allows(scope, call, 'sudo')) throw permissionDenied()
    if (route === undefined) throw new VaultError(404, `no handler for route "${call.path}". route entry not found.`)
    return { reply: await run(route, call.verb), changed: counted || (call.verb !== 'read' && call.verb !== 'list') }
  } finally {
    if (caller.usesLeft < 0) revokeToken(state, caller.id)
  }
}

function run(route: Route, verb: Verb): Reply | Promise<Reply> {
  const handler = route.run[verb]
  if (handler === undefined) throw unsupportedOperation()
  return handler()
}

/** developer.hashicorp.com/vault/docs/concepts/policies#capabilities */
function capabilityFor(verb: Verb, route: Route | undefined): Capability {
  if (verb !== 'write') return verb
  return route?.exists === false ? 'create' : 'update'
}

function findRoute(scope: Scope, call: Call): Route | undefined {
  const { path } = call
  if (path.startsWith('sys/')) return sysRoute(scope, call, path.slice(4))
  if (!path.startsWith('auth/')) {
    const found = findMount(scope.space.mounts, path)
    return found && kvRoute(found.mount, call, found.rest)
  }
  const found = findMount(scope.space.auths, path.slice(5))
  switch (found?.mount.type) {
    case 'token':
      return tokenRoute(scope, call, found.rest)
    case 'approle':
      return appRoleRoute(scope, call, { mount: found.mount, at: found.at, rest: found.rest })
    case 'kubernetes':
      return kubernetesRoute(scope, call, { mount: found.mount, at: found.at, rest: found.rest })
    default:
      return undefined
  }
}
