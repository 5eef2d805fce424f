export { type AlertmanagerOptions, startAlertmanager } from './alertmanager.ts'
export type { Monitor, MonitorOptions } from './monitor.ts'
export { type MonitoringPrograms, monitoringPrograms } from './programs.ts'
export { type PrometheusOptions, startPrometheus } from './prometheus.ts'
