import type { AdminRoute } from '../admin-route.ts'
import { createOperatorRoute } from './create-operator.ts'
import { getOperatorRoute } from './get-operator.ts'
import { listOperatorsRoute } from './list-operators.ts'
import { softDeleteOperatorRoute } from './soft-delete-operator.ts'
import { updateOperatorRoute } from './update-operator.ts'

export const operatorRoutes: readonly AdminRoute[] = [
  createOperatorRoute,
  listOperatorsRoute,
  getOperatorRoute,
  updateOperatorRoute,
  softDeleteOperatorRoute,
]
