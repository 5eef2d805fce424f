import type { Call, Route } from './call.ts'
import { badRequest, noContent, type Reply } from './reply.ts'
import { flagOf, numberOf, textOf } from './input.ts'

/** Reported as the version: the API level that is followed, marked as no Vault. */
export const VERSION = '1.18.0+oms-dev'

/** The part of the system's API that a sealed Vault answers too, and without a token. */
export type Seal = { sealed: boolean; readonly clusterId: string }

export function sealRoute(seal: Seal, call: Call, rest: string): Route | undefined {
  switch (rest) {
    case 'health':
      return { open: true, run: { read: () => health(seal, call) } }
    case 'seal-status':
      return { open: true, run: { read: () => sealStatus(seal) } }
    case 'init':
      return { open: true, run: { read: () => ({ status: 200, body: { initialized: true } }) } }
    case 'unseal':
      return { open: true, run: { write: () => unseal(seal, call) } }
    case 'seal':
      return {
        sudo: true,
        run: {
          write() {
            seal.sealed = true
            return noContent
          },
        },
      }
    default:
      return undefined
  }
}

/** developer.hashicorp.com/vault/api-docs/system/health; this Vault is never a standby and always initialised. */
function health(seal: Seal, { query, now }: Call): Reply {
  const asked = Object.fromEntries(query)
  flagOf({ standbyok: query.get('standbyok') || undefined }, 'standbyok') // of no effect here, yet a bad value is refused
  const status = seal.sealed ? numberOf(asked, 'sealedcode') || 503 : numberOf(asked, 'activecode') || 200
  return {
    status,
    body: {
      initialized: true,
      sealed: seal.sealed,
      standby: false,
      performance_standby: false,
      replication_performance_mode: 'disabled',
      replication_dr_mode: 'disabled',
      server_time_utc: Math.floor(now / 1_000),
      version: VERSION,
      ...(!seal.sealed && { cluster_name: 'oms-development', cluster_id: seal.clusterId }),
    },
  }
}

/** developer.hashicorp.com/vault/api-docs/system/seal-status */
const sealStatus = (seal: Seal): Reply => ({
  status: 200,
  body: {
    type: 'shamir',
    initialized: true,
    sealed: seal.sealed,
    t: 1,
    n: 1,
    progress: 0,
    nonce: '',
    version: VERSION,
    build_date: '',
    migration: false,
    recovery_seal: false,
    storage_type: 'file',
    ...(!seal.sealed && { cluster_name: 'oms-development', cluster_id: seal.clusterId }),
  },
})

/** developer.hashicorp.com/vault/api-docs/system/unseal, but any key opens: the file is not encrypted. */
function unseal(seal: Seal, { body }: Call): Reply {
  if (!textOf(body, 'key') && body.reset !== true)
    throw badRequest("'key' must be specified in request body as JSON, or 'reset' set to true")
  if (body.reset !== true) seal.sealed = false
  return sealStatus(seal)
}
