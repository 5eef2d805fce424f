export { type AdminClient, type Answer, createAdminClient, expectStatus } from './admin-client.ts'
export { type EventStream, type EventWatch, type SeenEvent, watchEvents } from './events.ts'
export { type PeerAnswer, type PeerRequest, peerGet } from './peer-client.ts'
export { until } from './until.ts'
