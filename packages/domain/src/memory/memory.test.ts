import t from 'tap'
import {
  auditLogContract,
  credentialsCleanupContract,
  credentialsStoreContract,
  deadLettersContract,
  eventPublisherContract,
  healthCacheContract,
  healthLogContract,
  healthRepositoryContract,
  idempotencyKeysContract,
  leasesContract,
  type OpenStore,
  operatorDirectoryContract,
  operatorRepositoryContract,
  outboxContract,
  routingRuleChangesContract,
  routingRulesContract,
} from '../contracts/index.ts'
import {
  createMemoryStore,
  memoryAuditLog,
  memoryCredentialsCleanup,
  memoryCredentialsStore,
  memoryDeadLetters,
  memoryEventPublisher,
  memoryHealthCache,
  memoryHealthLog,
  memoryHealthRepository,
  memoryIdempotencyKeys,
  memoryLeases,
  memoryOperatorDirectory,
  memoryOperatorRepository,
  memoryOutbox,
  memoryPorts,
  memoryRoutingRules,
} from './index.ts'

const openStore: OpenStore = async () => {
  const store = createMemoryStore()
  return {
    operators: memoryOperatorRepository(store),
    directory: memoryOperatorDirectory(store),
    outbox: memoryOutbox(store),
    cleanup: memoryCredentialsCleanup(store),
    health: memoryHealthRepository(store),
    routingRules: memoryRoutingRules(store),
    idempotency: memoryIdempotencyKeys(store),
    auditLog: memoryAuditLog(store),
    healthLog: memoryHealthLog(store),
    audit: async () => store.audit,
    transitions: async () => store.healthLog,
    bringCleanupsForward: async (seconds) => {
      for (const [id, row] of store.cleanups) store.cleanups.set(id, { ...row, dueAt: row.dueAt - seconds * 1_000 })
    },
    ageIdempotencyKeys: async (hours) => {
      for (const [id, row] of store.keys) store.keys.set(id, { ...row, madeAt: row.madeAt - hours * 3_600_000 })
    },
  }
}

t.test('operators in memory', async (t) => operatorRepositoryContract(t, openStore))
t.test('the directory in memory', async (t) => operatorDirectoryContract(t, openStore))
t.test('the outbox in memory', async (t) => outboxContract(t, openStore))
t.test('clean-ups in memory', async (t) => credentialsCleanupContract(t, openStore))
t.test('health in memory', async (t) => healthRepositoryContract(t, openStore))

t.test('routing rules in memory', async (t) => {
  routingRulesContract(t, openStore)
  routingRuleChangesContract(t, openStore)
})
t.test('idempotency keys in memory', async (t) => idempotencyKeysContract(t, openStore))
t.test('history in memory', async (t) => {
  auditLogContract(t, openStore)
  healthLogContract(t, openStore)
})

t.test('credentials in memory', async (t) =>
  credentialsStoreContract(t, async () => ({ credentials: memoryCredentialsStore() })),
)

t.test('health keys in memory', async (t) =>
  healthCacheContract(t, async () => {
    const cache = memoryHealthCache()
    return { cache, ttlSeconds: async (operatorId) => cache.ttlSeconds(operatorId) }
  }),
)

t.test('published events in memory', async (t) =>
  eventPublisherContract(t, async () => {
    const publisher = memoryEventPublisher()
    return { publisher, stored: async () => publisher.published }
  }),
)

t.test('dead letters in memory', async (t) =>
  deadLettersContract(t, async () => {
    const deadLetters = memoryDeadLetters()
    return { deadLetters, stored: async () => deadLetters.letters }
  }),
)

t.test('leases in memory', async (t) =>
  leasesContract(t, async () => {
    const leases = memoryLeases()
    return { leases, expire: async (name) => leases.expire(name) }
  }),
)

t.test('time is the given clock', async (t) => {
  let at = new Date('2026-11-20T12:00:00.000Z')
  const ports = memoryPorts({ now: () => at })
  t.equal(await ports.leases.hold('relay', 'one'), true)
  at = new Date(at.getTime() + 10_000)
  t.equal(await ports.leases.hold('relay', 'two'), true)
  t.equal(ports.elapsedMs(), at.getTime())
})

t.test('a port fails as it is told: once, until healed, before or after its work', async (t) => {
  const { outbox, leases } = memoryPorts()
  const away = new Error('away')
  outbox.faults.fail('backlog', away, { once: true })
  await t.rejects(outbox.backlog(), away)
  t.match(await outbox.backlog(), { depth: 0 })

  leases.faults.fail('hold', away)
  await t.rejects(leases.hold('relay', 'one'), away)
  await t.rejects(leases.hold('relay', 'one'), away)
  leases.faults.heal()
  t.equal(await leases.hold('relay', 'two'), true, 'the failed calls did nothing')

  leases.faults.fail('release', away, { afterwards: true })
  await t.rejects(leases.release('relay', 'two'), away)
  t.equal(await leases.hold('relay', 'three'), true, 'the work was done')
})

t.test('what use cases tell the outside can be read back', async (t) => {
  const ports = memoryPorts()
  ports.wakeRelay()
  ports.report('tidy up', new Error('away'))
  t.equal(ports.wakes.count, 1)
  t.match(ports.failures, [{ what: 'tidy up' }])
  t.not(ports.newOperatorId(), ports.newOperatorId())
  t.not(ports.newEventId(), ports.newEventId())
  t.not(ports.newRuleId(), ports.newRuleId())
  await t.resolves(ports.pause(1))
})
