import { env } from 'node:process'
import type { ProviderName } from './provider.ts'
import type { ServiceName } from './service.ts'

/** A stack that some parent process started and will end. */
export type SharedStack = Readonly<{ provider: ProviderName }> &
  Readonly<Record<ServiceName, Readonly<{ url: string }>>>

const SHARED = 'OMS_DEVSTACK'

/** `DEVSTACK`: native or containers; undefined when it is not set. Throws on anything else. */
export function chosenByEnvironment(): ProviderName | undefined {
  const wanted = env.DEVSTACK
  if (wanted === undefined || wanted === '') return undefined
  if (wanted === 'native' || wanted === 'containers') return wanted
  throw new TypeError(`DEVSTACK is "${wanted}": it may be native or containers`)
}

export function sharedStack(): SharedStack | undefined {
  return env[SHARED] ? (JSON.parse(env[SHARED]) as SharedStack) : undefined
}

/** The environment in which a child finds the stack. */
export function sharing({ provider, postgres, redis, nats }: SharedStack): NodeJS.ProcessEnv {
  const shared: SharedStack = {
    provider,
    postgres: { url: postgres.url },
    redis: { url: redis.url },
    nats: { url: nats.url },
  }
  return { ...env, [SHARED]: JSON.stringify(shared) }
}
