export { type EveryOptions, every } from './every.ts'
export { type HeldLease, holdLease, type LeaseOptions, type LeaseTiming } from './hold-lease.ts'
export { createRelay, type Relay, type RelayOptions } from './relay.ts'
export { type RelayUnderLease, type RelayUnderLeaseOptions, relayUnderLease } from './relay-under-lease.ts'
