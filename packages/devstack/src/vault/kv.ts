import type { Call } from './call.ts'
import { durationOf, flagOf, numberOf, objectOf, textsOf } from './input.ts'
import { badRequest } from './reply.ts'
import type { KvConfig, KvKey, KvVersion, Mount } from './state.ts'

/** The versioned key-value store itself, apart from its HTTP paths. */

const DEFAULT_MAX_VERSIONS = 10

export const newKvConfig = (): KvConfig => ({ maxVersions: 0, casRequired: false, deleteVersionAfter: 0 })

export const isGone = (version: KvVersion, now: number): boolean =>
  version.destroyed || (version.deletedAt !== null && version.deletedAt <= now)

/** A name below a mount, and the call that reached it. */
export type Place = Readonly<{ mount: Mount; name: string; call: Call }>

export function writeVersion({ mount, name, call }: Place, data: Record<string, unknown>): KvKey {
  checkAndSet(mount, mount.keys.get(name), call)
  const key = mount.keys.get(name) ?? newKey(call.now)
  mount.keys.set(name, key)
  const expiry = Math.min(...[key.deleteVersionAfter, mount.config.deleteVersionAfter].filter((s) => s > 0))
  key.currentVersion += 1
  key.updatedAt = call.now
  key.versions.set(key.currentVersion, {
    data: JSON.stringify(data),
    createdAt: call.now,
    deletedAt: Number.isFinite(expiry) ? call.now + expiry * 1_000 : null,
    destroyed: false,
  })
  prune(key, Math.max(key.maxVersions, mount.config.maxVersions) || DEFAULT_MAX_VERSIONS)
  return key
}

function checkAndSet(mount: Mount, key: KvKey | undefined, call: Call): void {
  const cas = numberOf(objectOf(call.body, 'options') ?? {}, 'cas')
  if (cas === undefined) {
    if (!mount.config.casRequired && key?.casRequired !== true) return
    throw badRequest('check-and-set parameter required for this call')
  }
  if (cas !== (key?.currentVersion ?? 0)) {
    throw badRequest('check-and-set parameter did not match the current version')
  }
}

function prune(key: KvKey, max: number): void {
  for (const version of key.versions.keys()) if (version <= key.currentVersion - max) key.versions.delete(version)
  if (key.currentVersion > max) key.oldestVersion = key.currentVersion - max + 1
}

function newKey(now: number): KvKey {
  return {
    ...newKvConfig(),
    versions: new Map(),
    currentVersion: 0,
    oldestVersion: 0,
    createdAt: now,
    updatedAt: now,
    customMetadata: null,
  }
}

export function markDeleted(key: KvKey, numbers: readonly number[], now: number): void {
  for (const version of existing(key, numbers)) if (!isGone(version, now)) version.deletedAt = now
}

export function undelete(key: KvKey, numbers: readonly number[]): void {
  for (const version of existing(key, numbers)) if (!version.destroyed) version.deletedAt = null
}

export function destroy(key: KvKey, numbers: readonly number[]): void {
  for (const version of existing(key, numbers)) {
    version.destroyed = true
    version.data = null
  }
}

function existing(key: KvKey, numbers: readonly number[]): KvVersion[] {
  return numbers.map((number) => key.versions.get(number)).filter((version) => version !== undefined)
}

export function applyConfig(config: KvConfig, body: Call['body']): void {
  config.maxVersions = numberOf(body, 'max_versions') ?? config.maxVersions
  config.casRequired = flagOf(body, 'cas_required') ?? config.casRequired
  config.deleteVersionAfter = durationOf(body, 'delete_version_after') ?? config.deleteVersionAfter
}

export function writeMetadata(mount: Mount, name: string, call: Call): void {
  const custom = textsOf(call.body, 'custom_metadata')
  const key = mount.keys.get(name) ?? newKey(call.now)
  applyConfig(key, call.body)
  if (custom !== undefined) key.customMetadata = custom
  mount.keys.set(name, key)
}

/** Names right below `folder`; those with more below end in a slash. */
export function children(mount: Mount, folder: string): Set<string> {
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`
  const found = new Set<string>()
  for (const name of mount.keys.keys()) {
    if (!name.startsWith(prefix)) continue
    const rest = name.slice(prefix.length)
    const slash = rest.indexOf('/')
    found.add(slash === -1 ? rest : rest.slice(0, slash + 1))
  }
  return found
}
