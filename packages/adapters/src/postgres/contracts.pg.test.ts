import {
  auditLogContract,
  credentialsCleanupContract,
  healthLogContract,
  healthRepositoryContract,
  idempotencyKeysContract,
  leasesContract,
  operatorDirectoryContract,
  operatorRepositoryContract,
  outboxContract,
  routingRuleChangesContract,
  routingRulesContract,
} from '@oms/domain/contracts'
import t from 'tap'
import { reusedStore } from '../../test/support/postgres-store.ts'
import { createLeases } from './leases.ts'

const open = reusedStore(t)

operatorRepositoryContract(t, open)
operatorDirectoryContract(t, open)
outboxContract(t, open)
credentialsCleanupContract(t, open)
healthRepositoryContract(t, open)
healthLogContract(t, open)
routingRuleChangesContract(t, open)
routingRulesContract(t, open)
idempotencyKeysContract(t, open)
auditLogContract(t, open)
leasesContract(t, async () => {
  const { postgres, owner } = await open()
  return {
    leases: createLeases(postgres.db),
    expire: async (name) => {
      await owner`update ops.leases set expires_at = clock_timestamp() where name = ${name}`
    },
  }
})
