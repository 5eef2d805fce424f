import type { ReportFailure } from '../change/after-commit.ts'
import { isOperatorId, type OperatorId } from '../operator/operator-id.ts'
import { memoryAuditLog } from './audit-log.ts'
import { memoryCredentialsCleanup } from './credentials-cleanup.ts'
import { memoryCredentialsStore } from './credentials-store.ts'
import { memoryDeadLetters } from './dead-letters.ts'
import { memoryEventPublisher } from './event-publisher.ts'
import { withFaults } from './faults.ts'
import { memoryHealthCache } from './health-cache.ts'
import { memoryHealthLog } from './health-log.ts'
import { memoryHealthRepository } from './health-repository.ts'
import { memoryIdempotencyKeys } from './idempotency-keys.ts'
import { memoryLeases } from './leases.ts'
import { createMemoryStore } from './memory-store.ts'
import { memoryOperatorDirectory } from './operator-directory.ts'
import { memoryOperatorRepository } from './operator-repository.ts'
import { memoryOutbox } from './outbox.ts'
import { memoryRoutingRules } from './routing-rules.ts'

/**
 * Everything that a use case may ask for. Each port has `faults`; `store` shows what is committed, `failures` what was
 * reported instead of thrown, `wakes.count` how often the relay was woken.
 */
export function memoryPorts({
  now = () => new Date(),
  pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}: Readonly<{ now?: () => Date; pause?: (milliseconds: number) => Promise<void> }> = {}) {
  const store = createMemoryStore(now)
  const failures: Readonly<{ what: string; error: unknown }>[] = []
  const wakes = { count: 0 }
  const report: ReportFailure = (what, error) => void failures.push({ what, error })
  return {
    store,
    failures,
    wakes,
    report,
    traceparentOf: (reported: string | null) => reported,
    operators: withFaults(memoryOperatorRepository(store)),
    directory: memoryOperatorDirectory(store),
    routingRules: withFaults(memoryRoutingRules(store)),
    idempotency: withFaults(memoryIdempotencyKeys(store)),
    auditLog: withFaults(memoryAuditLog(store)),
    healthLog: withFaults(memoryHealthLog(store)),
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
    newRuleId: (): string => crypto.randomUUID(),
    elapsedMs: () => now().getTime(),
    pause,
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
