import type { InternalRoute } from '../internal-route.ts'
import { getOperatorRoute } from './get-operator.ts'
import { getOperatorCredentialsRoute } from './get-operator-credentials.ts'
import { getOperatorHealthRoute } from './get-operator-health.ts'
import { listOperatorsRoute } from './list-operators.ts'

export const operatorRoutes: readonly InternalRoute[] = [
  listOperatorsRoute,
  getOperatorRoute,
  getOperatorCredentialsRoute,
  getOperatorHealthRoute,
]
