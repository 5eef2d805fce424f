import { clientRoute } from './client/suite.ts'
import { routing } from './routing/suite.ts'
import { memory } from './memory/suite.ts'
import { service } from './service/suite.ts'
import { health } from './streams/health.ts'
import { relay } from './streams/relay.ts'
import type { Suite } from './suite.ts'
import { tracing } from './tracing/suite.ts'

export const SUITES: readonly Suite[] = [routing, service, health, relay, clientRoute, tracing, memory]
