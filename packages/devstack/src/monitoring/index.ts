export { type MonitoringPrograms, monitoringPrograms } from './programs.ts'
