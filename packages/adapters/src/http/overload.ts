import underPressure from '@fastify/under-pressure'
import { DomainError } from '@oms/domain'
import type { HttpServer } from './ports.ts'

export type OverloadLimits = Readonly<{ maxEventLoopDelayMs?: number; maxEventLoopUtilization?: number }>

/** Refuses requests with SERVICE_OVERLOADED while the event loop is behind. Liveness is on another listener. */
export async function refuseOverload(app: HttpServer, limits: OverloadLimits = {}): Promise<void> {
  const { maxEventLoopDelayMs = 1_000, maxEventLoopUtilization = 0.98 } = limits
  await app.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    maxEventLoopUtilization,
    sampleInterval: 500,
    pressureHandler: () => {
      throw new DomainError('SERVICE_OVERLOADED', 'the service has more work than it can do; try again shortly')
    },
  })
}
