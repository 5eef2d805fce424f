import type { Test } from 'tap'
import { operatorChangingContract } from './operator-changing.ts'
import { operatorClaimsContract } from './operator-claims.ts'
import { operatorCreatingContract } from './operator-creating.ts'
import { operatorListContract } from './operator-list.ts'
import type { OpenStore } from './store-harness.ts'

export function operatorRepositoryContract(t: Test, open: OpenStore): void {
  operatorCreatingContract(t, open)
  operatorChangingContract(t, open)
  operatorClaimsContract(t, open)
  operatorListContract(t, open)
}
