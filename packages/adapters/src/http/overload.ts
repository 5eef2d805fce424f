import underPressure from '@fastify/under-pressure'
import { DomainError } from '@oms/domain'
import type { HttpServer } from './ports.ts'

export type OverloadLimits = Readonly<{ maxEventLoopDelayMs?: number }>

/**
 * Refuses requests with SERVICE_OVERLOADED while the event loop is behind. Its delay alone counts: a loop that is fully
 * used and answers in time is what a busy hour looks like. Liveness is on another listener.
 */
export async function refuseOverload(app: HttpServer, limits: OverloadLimits = {}): Promise<void> {
  const { maxEventLoopDelayMs = 1_000 } = limits
  await app.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    // Longer than a pause that a busy machine or one large body makes: a sample in which the loop never came round counts
    // as infinite delay.
    sampleInterval: 2_000,
    pressureHandler: () => {
      throw new DomainError('SERVICE_OVERLOADED', 'the service has more work than it can do; try again shortly')
    },
  })
}
