import type { AdminRoute } from '../admin-route.ts'
import { createRoutingRuleRoute } from './create-routing-rule.ts'
import { createRoutingRulesRoute } from './create-routing-rules.ts'
import { deleteRoutingRuleRoute } from './delete-routing-rule.ts'
import { getRoutingRuleRoute } from './get-routing-rule.ts'
import { listRoutingRulesRoute } from './list-routing-rules.ts'
import { updateRoutingRuleRoute } from './update-routing-rule.ts'

export const routingRuleRoutes: readonly AdminRoute[] = [
  createRoutingRuleRoute,
  createRoutingRulesRoute,
  listRoutingRulesRoute,
  getRoutingRuleRoute,
  updateRoutingRuleRoute,
  deleteRoutingRuleRoute,
]
