export { identify } from './processes.ts'
export { type Reaper, startReaper } from './reaper.ts'
