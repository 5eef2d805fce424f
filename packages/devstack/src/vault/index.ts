export { type DevVault, type DevVaultOptions, startDevVault } from './dev-vault.ts'
export type { FaultOptions, FaultRequest, Faults, Undo } from './faults.ts'
export type { LoggedRequest } from './server.ts'
