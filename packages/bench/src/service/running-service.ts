import { databaseOn } from '@oms/adapters/testing'
import { startService, type Service } from '@oms/testkit'
import { join } from 'node:path'
import type { Caller, Target } from '../process/caller.ts'
import { type Remote, startRemote } from '../process/remote.ts'
import type { Tools } from '../suite.ts'
import type { Bare } from './bare.ts'

/** As a Deployment sets it, whatever the shell says. */
export const PRODUCTION = { NODE_ENV: 'production', LOG_LEVEL: 'info', MAX_EVENT_LOOP_DELAY_MS: '1000' } as const

/** The service as processes of its own, one of each app, and beside it who calls it and who does its steps bare. */
export type Running = Readonly<{
  service: Service
  caller: Remote<Caller>
  bare: Remote<Bare>
  admin: Target
  internal: Target
  vault: Readonly<{ url: string; token: string }>
}>

export async function startRunning({ opened, tell }: Pick<Tools, 'opened' | 'tell'>): Promise<Running> {
  const test = { teardown: (end: () => PromiseLike<void>) => opened.defer(end) }
  const environment = { 'admin-api': PRODUCTION, 'internal-api': PRODUCTION, 'health-ingestor': PRODUCTION }
  tell.now('starting the service with servers of its own')
  const service = await startService(test, { ownPostgres: true, environment })
  const caller = opened.use(await startRemote<Caller>(join(import.meta.dirname, '../process/caller.ts')))
  const bare = opened.use(await startRemote<Bare>(join(import.meta.dirname, 'bare.ts')))
  const beside = await databaseOn(test, new URL('/postgres', service.database.ownerUrl).href)
  const vault = { url: service.vault.url, token: service.vault.rootToken }
  await bare.ask('open', {
    places: { databaseUrl: beside.url, vault, redisUrl: service.redis.url },
    databaseUrl: service.database.url,
    logFile: join(service.folder, 'bare.log'),
  })
  const { cert, key } = service.pki.clients['smpp-connector']
  return {
    service,
    caller,
    bare,
    vault,
    admin: { url: service.app('admin-api').url, headers: { authorization: `Bearer ${await service.token()}` } },
    internal: { url: service.app('internal-api').url, tls: { cert, key, ca: service.pki.ca } },
  }
}
