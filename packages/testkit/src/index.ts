export { expectStatus, type Answer, until } from '@oms/devstack/clients'
export type { RunningApp } from './running-app.ts'
export { type Report, type Service, type ServiceOptions, startService } from './service.ts'
export { anOperator } from './samples.ts'
