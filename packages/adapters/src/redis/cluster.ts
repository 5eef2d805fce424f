import type { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { replyCode } from './redis-failure.ts'

const ASK_AGAIN_MS = 100

/**
 * Whether the node takes writes: asked until it does, or until its connection ends. One that was away refuses them for two
 * seconds after its start (CLUSTER_WRITABLE_DELAY), with CLUSTERDOWN.
 */
export async function becomesUsable(node: Redis): Promise<boolean> {
  while (node.status === 'ready') {
    const info = await node.cluster('INFO').catch(() => '')
    if (info.includes('cluster_state:ok')) return true
    await sleep(ASK_AGAIN_MS, undefined, { ref: false })
  }
  return false
}

const REDIRECTIONS = new Set(['MOVED', 'ASK', 'TRYAGAIN'])

/**
 * The key's slot has moved or is on the move. ioredis follows that by itself, and learns of it, only for a command that goes
 * alone or in a pipeline in which all meet the same.
 */
export const isRedirection = (error: unknown): boolean =>
  error instanceof Error && REDIRECTIONS.has(replyCode(error) ?? '')
