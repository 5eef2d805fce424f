import type { ReportFailure } from '../change/after-commit.ts'
import { isOperatorId, type OperatorId } from '../operator/operator-id.ts'
import { memoryCredentialsCleanup } from './credentials-cleanup.ts'
import { memoryCredentialsStore } from './credentials-store.ts'
import { memoryDeadLetters } from './dead-letters.ts'
import { memoryEventPublisher } from './event-publisher.ts'
import { withFaults } from './faults.ts'
import { memoryHealthCache } from './health-cache.ts'
import { memoryHealthRepository } from './health-repository.ts'
import { memoryLeases } from './leases.ts'
import { createMemoryStore } from './memory-store.ts'
import { memoryOperatorDirectory } from './operator-directory.ts'
import { memoryOperatorRepository } from './operator-repository.ts'
import { memoryOutbox } from './outbox.ts'

/**
 * Everything that a use case may ask for. Each port has `faults`; `store` shows what is committed, `failures` what was
 * reported instead of thrown, `wakes.count` how often the relay was woken.
 */
export function memoryPorts({ now = () => new Date() }: Readonly<{ now?: () => Date }> = {}) {
  const store = createMemoryStore(now)
  const failures: Readonly<{ what: string; error: unknown }>[] = []
  const wakes = { count: 0 }
  const report: ReportFailure = (what, error) => void failures.push({ what, error })
  return {
    store,
    failures,
    wakes,
    report,
    operators: withFaults(memoryOperatorRepository(store)),
    directory: memoryOperatorDirectory(store),
    outbox: withFaults(memoryOutbox(store)),
    cleanup: withFaults(memoryCredentialsCleanup(store)),
    health: withFaults(memoryHealthRepository(store)),
    healthCache: withFaults(memoryHealthCache(now)),
    credentials: withFaults(memoryCredentialsStore()),
    publisher: withFaults(memoryEventPublisher()),
    deadLetters: withFaults(memoryDeadLetters(now)),
    leases: withFaults(memoryLeases(now)),
    newOperatorId,
    newEventId: (): string => crypto.randomUUID(),
    elapsedMs: () => now().getTime(),
    wakeRelay: () => {
      wakes.count += 1
    },
  }
}

function newOperatorId(): OperatorId {
  const id: string = crypto.randomUUID()
  if (!isOperatorId(id)) throw new TypeError('a UUID is no operator id')
  return id
}
