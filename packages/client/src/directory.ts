import type { NatsConnection } from 'nats'
import { followStream } from './follow-stream.ts'
import type { InternalApi } from './internal-api.ts'
import { type Directory, keepDirectory } from './keep-directory.ts'
import type { Problem } from './observer.ts'
import type { DirectoryChange } from './operator-states.ts'
import type { Timing } from './timing.ts'

export type { Directory, DirectoryChange }

/** The directory, kept by the internal API and the config events in JetStream. */
export function createDirectory({
  api,
  nats,
  timing,
  onProblem,
}: Readonly<{
  api: Pick<InternalApi, 'get' | 'stream'>
  nats: NatsConnection | Promise<NatsConnection>
  timing: Timing
  onProblem: (problem: Problem) => void
}>): Directory {
  const source = { stream: 'OPERATOR_CONFIG', subject: 'operator.config.>', timing, onProblem }
  return keepDirectory({
    api,
    follow: async (handlers) => followStream({ ...source, ...handlers, nats: await nats }),
    timing,
    onProblem,
  })
}
