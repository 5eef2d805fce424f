export type { DependencyCheck, DependencyState } from './health-checks.ts'
export { listen, type Server, type ShutdownStep, shutDown, terminationSignal } from './lifecycle.ts'
export { listenForManagement, type Management, type ManagementSettings } from './management.ts'
export type { HttpLog, OpenTrace, RequestMetrics, TraceScope } from './ports.ts'
