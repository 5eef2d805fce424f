import type { Call, Route } from './call.ts'
import { goDuration, numberOf, objectOf } from './input.ts'
import * as kv from './kv.ts'
import { mergePatch } from './merge-patch.ts'
import { badRequest, keys, noContent, notFound, ok, type Reply, VaultError } from './reply.ts'
import type { KvKey, KvVersion, Mount } from './state.ts'

/** developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2; `rest` is the path below the mount. */
export function kvRoute(mount: Mount, call: Call, rest: string): Route | undefined {
  if (rest === 'config') return configRoute(mount, call)
  const slash = rest.indexOf('/')
  const [kind, name] = slash === -1 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)]
  if (kind === 'metadata') return metadataRoute(mount, call, name)
  if (name === '') return undefined
  switch (kind) {
    case 'data':
      return dataRoute(mount, call, name)
    case 'delete':
      return { run: { write: onVersions({ mount, call, name }, (key, list) => kv.markDeleted(key, list, call.now)) } }
    case 'undelete':
      return { run: { write: onVersions({ mount, call, name }, kv.undelete) } }
    case 'destroy':
      return { run: { write: onVersions({ mount, call, name }, kv.destroy) } }
    default:
      return undefined
  }
}

function dataRoute(mount: Mount, call: Call, name: string): Route {
  const key = mount.keys.get(name)
  return {
    exists: key !== undefined,
    run: {
      read: () => readVersion(key, call),
      write() {
        const data = objectOf(call.body, 'data')
        if (data === undefined) throw badRequest('no data provided')
        return written(kv.writeVersion({ mount, name, call }, data))
      },
      patch: () => patchVersion(mount, call, name),
      delete() {
        if (key !== undefined) kv.markDeleted(key, [key.currentVersion], call.now)
        return noContent
      },
    },
  }
}

function readVersion(key: KvKey | undefined, call: Call): Reply {
  const asked = numberOf({ version: call.query.get('version') }, 'version') || key?.currentVersion
  const version = asked === undefined ? undefined : key?.versions.get(asked)
  if (key === undefined || asked === undefined || version === undefined) throw notFound()
  const metadata = describe(key, asked, version)
  // A deleted version still tells when it went.
  if (version.data === null || kv.isGone(version, call.now)) return ok({ data: null, metadata }, { status: 404 })
  return ok({ data: JSON.parse(version.data) as unknown, metadata })
}

function patchVersion(mount: Mount, call: Call, name: string): Reply {
  if (call.contentType !== 'application/merge-patch+json') {
    throw new VaultError(415, 'PATCH requires Content-Type application/merge-patch+json')
  }
  const patch = objectOf(call.body, 'data')
  if (patch === undefined) throw badRequest('no data provided')
  const key = mount.keys.get(name)
  const version = key?.versions.get(key.currentVersion)
  if (key === undefined || version === undefined) throw notFound()
  if (version.data === null || kv.isGone(version, call.now)) {
    return ok(describe(key, key.currentVersion, version), { status: 404 })
  }
  return written(kv.writeVersion({ mount, name, call }, mergePatch(JSON.parse(version.data), patch)))
}

function written(key: KvKey): Reply {
  const version = key.versions.get(key.currentVersion)
  if (version === undefined) throw new Error('the version just written is missing')
  return ok(describe(key, key.currentVersion, version))
}

const describe = (key: KvKey, number: number, version: KvVersion) => ({
  ...times(version),
  custom_metadata: key.customMetadata,
  version: number,
})

const times = ({ createdAt, deletedAt, destroyed }: KvVersion) => ({
  created_time: new Date(createdAt).toISOString(),
  deletion_time: deletedAt === null ? '' : new Date(deletedAt).toISOString(),
  destroyed,
})

type OnVersions = (key: KvKey, versions: readonly number[]) => void

function onVersions({ mount, call, name }: kv.Place, apply: OnVersions): () => Reply {
  return () => {
    const { versions } = call.body
    const list = Array.isArray(versions) ? versions.map((item) => numberOf({ versions: item }, 'versions') ?? 0) : []
    if (list.length === 0) throw badRequest('No version number provided')
    const key = mount.keys.get(name)
    if (key !== undefined) apply(key, list)
    return noContent
  }
}

function metadataRoute(mount: Mount, call: Call, name: string): Route {
  const key = mount.keys.get(name)
  const list = () => keys(kv.children(mount, name))
  if (name === '') return { run: { list } }
  return {
    exists: key !== undefined,
    run: {
      list,
      read() {
        if (key === undefined) throw notFound()
        return ok(describeKey(key))
      },
      write() {
        kv.writeMetadata(mount, name, call)
        return noContent
      },
      delete() {
        mount.keys.delete(name)
        return noContent
      },
    },
  }
}

const describeKey = (key: KvKey) => ({
  cas_required: key.casRequired,
  created_time: new Date(key.createdAt).toISOString(),
  current_version: key.currentVersion,
  custom_metadata: key.customMetadata,
  delete_version_after: goDuration(key.deleteVersionAfter),
  max_versions: key.maxVersions,
  oldest_version: key.oldestVersion,
  updated_time: new Date(key.updatedAt).toISOString(),
  versions: Object.fromEntries([...key.versions].map(([number, version]) => [number, times(version)])),
})

function configRoute({ config }: Mount, call: Call): Route {
  return {
    run: {
      read: () =>
        ok({
          cas_required: config.casRequired,
          delete_version_after: goDuration(config.deleteVersionAfter),
          max_versions: config.maxVersions,
        }),
      write() {
        kv.applyConfig(config, call.body)
        return noContent
      },
    },
  }
}
