import { Redis } from 'ioredis'
import postgres, { type Sql } from 'postgres'
import type { StackFile } from '../start/stack-file.ts'
import { createVaultCall, type VaultCall } from '../vault/index.ts'
import { type AdminClient, createAdminClient } from '../clients/admin-client.ts'
import { type EventWatch, watchEvents } from '../clients/events.ts'
import { type PeerAnswer, peerGet } from '../clients/peer-client.ts'

/** One hand on everything that the main job touches. */
export type Tools = AsyncDisposable &
  Readonly<{
    admin: AdminClient
    vault: VaultCall
    events: EventWatch
    sql: Sql
    redis: Redis
    /** GET on the internal API as smpp-connector, or without a certificate. */
    peer(path: string, certificate?: 'smpp-connector' | 'none'): Promise<PeerAnswer>
  }>

export async function openTour({ admin, internal, nats, postgres: database, redis, vault }: StackFile): Promise<Tools> {
  await using opening = new AsyncDisposableStack()
  const events = opening.use(await watchEvents(nats.url))
  const sql = opening.adopt(postgres(database.url, { max: 1 }), (client) => client.end())
  const cache = opening.adopt(new Redis(redis.url), (client) => client.disconnect())
  const kept = opening.move()
  return {
    admin: createAdminClient(admin.url, admin.tokens.admin),
    vault: createVaultCall(vault),
    events,
    sql,
    redis: cache,
    peer: (path, certificate = 'smpp-connector') =>
      peerGet(`${internal.url}/v1/internal${path}`, {
        ca: internal.tls.ca,
        ...(certificate === 'none' ? {} : { identity: internal.tls.clients[certificate] }),
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
