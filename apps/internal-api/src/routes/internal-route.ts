import type { HttpServer } from '@oms/adapters/http'
import type { Logger, Metrics } from '@oms/adapters/telemetry'
import type { GetOperatorCredentialsPorts, GetOperatorHealthPorts, OperatorDirectory } from '@oms/domain'

/** What the operations of this API touch. */
export type InternalPorts = GetOperatorCredentialsPorts &
  GetOperatorHealthPorts &
  Readonly<{ directory: OperatorDirectory; metrics: Pick<Metrics, 'credentialsRead'>; log: Logger }>

/** What the list of clients may allow. */
export const CLIENT_ROUTES = ['credentials', 'directory', 'health'] as const

/** Registers one operation. Each names, as `client`, the entry of the allow-list that a caller needs. */
export type InternalRoute = (app: HttpServer, ports: InternalPorts) => void
