import type { HttpServer } from '@oms/adapters/http'
import type { GetOperatorCredentialsPorts, GetOperatorHealthPorts, OperatorDirectory, OperatorId } from '@oms/domain'
import type { Observe } from '../observe.ts'

/** What the operations of this API touch. */
export type InternalPorts = GetOperatorCredentialsPorts &
  GetOperatorHealthPorts &
  Readonly<{
    directory: OperatorDirectory
    observe: Observe
    /** Where in Vault an operator's secret is. */
    credentialsPath: (operatorId: OperatorId) => string
  }>

/** What the list of clients may allow. */
export const CLIENT_ROUTES = ['credentials', 'directory', 'health'] as const

/** Registers one operation. Each names, as `client`, the entry of the allow-list that a caller needs. */
export type InternalRoute = (app: HttpServer, ports: InternalPorts) => void
