import { type OperatorId, PASSWORD_PATTERN, Secret, SYSTEM_ID_PATTERN, type SystemId } from '@oms/domain'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { VaultClient } from './vault-client.ts'
import { VaultFailure } from './vault-failure.ts'

/** A token and what Vault says of its life; `ttlSeconds` 0 is a token without end. */
export type Lease = Readonly<{ token: Secret; ttlSeconds: number; renewable: boolean }>

const Credentials = Type.Object({
  systemId: Type.Unsafe<SystemId>(Type.String({ pattern: SYSTEM_ID_PATTERN })),
  password: Type.String({ pattern: PASSWORD_PATTERN }),
})
const ReadSecret = Type.Object({ data: Credentials, metadata: Type.Object({ version: Type.Integer() }) })
const Written = Type.Object({ version: Type.Integer({ minimum: 1 }) })
const Metadata = Type.Object({ current_version: Type.Integer({ minimum: 0 }) })
const Auth = Type.Object({
  client_token: Type.String({ minLength: 1 }),
  lease_duration: Type.Integer({ minimum: 0 }),
  renewable: Type.Boolean(),
})
const Lookup = Type.Object({
  ttl: Type.Integer({ minimum: 0 }),
  expire_time: Type.Union([Type.String(), Type.Null()]),
  renewable: Type.Optional(Type.Boolean()),
})

type SecretWrite = Readonly<{ data: Static<typeof Credentials>; cas: number }>

export type VaultApi = ReturnType<typeof createVaultApi>

/** One request per call, each answer held against its schema. Rejects with `VaultFailure` and nothing else. */
export function createVaultApi({ client, http }: VaultClient, kvMount: string) {
  return {
    /** developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version; version 0 would mean the latest. */
    async readSecret(token: string, operatorId: OperatorId, version: number) {
      const read = checked(ReadSecret, await client.readKVSecret(token, secretName(operatorId), version, kvMount))
      if (read.metadata.version !== version) throw unclear()
      return read.data
    },

    /** …#read-secret-metadata */
    async currentVersion(token: string, operatorId: OperatorId) {
      return checked(Metadata, await client.readKVSecretMeta(token, secretName(operatorId), kvMount)).current_version
    },

    /** …#create-update-secret, the version after `cas`. The library's own update prints the request when it is refused. */
    async writeSecret(token: string, operatorId: OperatorId, { data, cas }: SecretWrite) {
      const name = secretName(operatorId)
      try {
        const answer =
          cas === 0
            ? await client.createKVSecret(token, name, data, kvMount)
            : await postSecret(`${kvMount}/data/${name}`, token, { options: { cas }, data })
        return checked(Written, answer).version
      } catch (error) {
        // The body is always well formed, so check-and-set is all that Vault can find wrong with it.
        if (error instanceof VaultFailure && error.status === 400) throw new VaultFailure('cas_mismatch', error)
        throw error
      }
    },

    /** …#delete-metadata-and-all-versions */
    async destroySecret(token: string, operatorId: OperatorId) {
      await client.eliminateKVSecret(token, secretName(operatorId), kvMount)
    },

    async logInWithAppRole(roleId: string, secretId: string, mount: string) {
      return leaseOf(client.loginWithAppRole(roleId, secretId, mount))
    },

    async logInWithKubernetes(role: string, jwt: string, mount: string) {
      return leaseOf(client.loginWithK8s(role, jwt, mount))
    },

    async lookUpSelf(token: string): Promise<Lease> {
      const { ttl, expire_time, renewable = false } = checked(Lookup, await client.lookupSelfToken(token))
      // A ttl of 0 is that of an endless token as well as that of one in its last second.
      const ttlSeconds = expire_time === null ? 0 : Math.max(ttl, 1)
      return { token: new Secret(token), ttlSeconds, renewable }
    },

    /** By the token's own increment. */
    async renewSelf(token: string) {
      return leaseOf(client.renewSelfToken(token, undefined as unknown as string))
    },

    /** developer.hashicorp.com/vault/api-docs/system/health: rejects when Vault cannot serve; a standby can. */
    async health() {
      await client.healthCheck({ standbyok: true, perfstandbyok: true })
    },
  }

  async function postSecret(url: string, token: string, data: unknown): Promise<unknown> {
    const answer = await http({ url, method: 'post', headers: { 'X-Vault-Token': token }, data })
    return isObject(answer.data) ? answer.data.data : undefined
  }
}

/** An OperatorId needs no escape; what slipped through the type must not become another path. */
/** Below the mount, without `data` or `metadata`. */
export const secretName = (operatorId: OperatorId): string =>
  `ops/operators/${encodeURIComponent(operatorId)}/credentials`

/** The library types some of its promises as plain objects. */
async function leaseOf(answer: unknown): Promise<Lease> {
  const { client_token, lease_duration, renewable } = checked(Auth, await answer)
  return { token: new Secret(client_token), ttlSeconds: lease_duration, renewable }
}

function checked<T extends TSchema>(schema: T, value: unknown): Static<T> {
  if (!Value.Check(schema, value)) throw unclear()
  return value
}

const unclear = () => new VaultFailure('unclear', { code: 'UNEXPECTED_ANSWER' })

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
