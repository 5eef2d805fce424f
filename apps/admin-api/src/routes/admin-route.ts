import type { HttpServer } from '@oms/adapters/http'
import type { CreateOperatorPorts, OperatorRepository, SoftDeleteOperatorPorts, UpdateOperatorPorts } from '@oms/domain'
import type { Observe } from '../observe.ts'

/** What the operations of this API touch. */
export type AdminPorts = CreateOperatorPorts &
  UpdateOperatorPorts &
  SoftDeleteOperatorPorts &
  Readonly<{ operators: OperatorRepository; observe: Observe }>

/** Registers one operation. */
export type AdminRoute = (app: HttpServer, ports: AdminPorts) => void
