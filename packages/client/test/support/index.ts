export { type RoutingEngine, startRoutingEngine } from './routing-engine.ts'
