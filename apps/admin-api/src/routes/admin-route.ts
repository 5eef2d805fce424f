import type { HttpServer } from '@oms/adapters/http'
import type {
  AuditLog,
  CreateOperatorPorts,
  CreateRoutingRulePorts,
  HealthLog,
  OperatorId,
  OperatorRepository,
  RoutingRules,
  SetTpsLimitPorts,
  SoftDeleteOperatorPorts,
  UpdateOperatorPorts,
} from '@oms/domain'
import type { AnswerPostPorts } from '../idempotency/answer-post.ts'
import type { Observe } from '../observe.ts'

/** What the operations of this API touch. */
export type AdminPorts = CreateOperatorPorts &
  UpdateOperatorPorts &
  SoftDeleteOperatorPorts &
  SetTpsLimitPorts &
  CreateRoutingRulePorts &
  AnswerPostPorts &
  Readonly<{
    operators: OperatorRepository
    routingRules: RoutingRules
    auditLog: AuditLog
    healthLog: HealthLog
    observe: Observe
    /** Where in Vault an operator's secret is. */
    credentialsPath: (operatorId: OperatorId) => string
  }>

/** Registers one operation. */
export type AdminRoute = (app: HttpServer, ports: AdminPorts) => void
