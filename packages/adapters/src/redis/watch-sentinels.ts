import { Redis, type RedisOptions } from 'ioredis'
import type { RedisNode } from './redis-url.ts'

export type SentinelWatch = Readonly<{ close(): void }>

const CHANNEL = '+switch-master'

/**
 * Tells when a sentinel names another master, until it is closed. A master that is replaced while it lives takes writes for
 * ten seconds more, and then forgets them. ioredis' own detector does the same, but ends the client for good when the news
 * comes while it is connecting, and prints the errors of sentinels to the console.
 */
export function watchSentinels(
  { sentinels, name }: Readonly<{ sentinels: readonly RedisNode[]; name: string }>,
  options: Pick<RedisOptions, 'connectTimeout' | 'keepAlive' | 'retryStrategy' | 'connectionName' | 'protocol'>,
  onSwitch: () => void,
): SentinelWatch {
  const watches = sentinels.map(({ host, port }) => {
    const watch = new Redis({ ...options, host, port, enableReadyCheck: false, maxRetriesPerRequest: null })
    // Whoever needs a master finds out and tells; this one only comes again.
    watch.on('error', () => {})
    watch.on('message', (_channel, message: string) => {
      if (message.startsWith(`${name} `)) onSwitch()
    })
    watch.subscribe(CHANNEL).catch(() => {})
    return watch
  })
  return {
    close() {
      for (const watch of watches) watch.disconnect()
    },
  }
}
