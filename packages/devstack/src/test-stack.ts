import { startDevstack } from './devstack.ts'
import { sharedStack } from './environment.ts'
import type { ServiceName } from './service.ts'

/** What a test has to offer: tap's `t` does. */
type Test = Readonly<{ teardown(end: () => PromiseLike<void>): void }>

export type Endpoints<S extends ServiceName> = Readonly<Record<S, Readonly<{ url: string }>>>

/**
 * The services for a test file: those of the run when it shares a stack, else its own ones until the test's end. Others may use
 * them at the same time, so a test makes its own database, stream and key names; to stop a service, start a private devstack.
 */
export async function testStack<S extends ServiceName>(t: Test, services: readonly S[]): Promise<Endpoints<S>> {
  const shared = sharedStack()
  if (shared) return shared
  const own = await startDevstack({ services })
  t.teardown(() => own[Symbol.asyncDispose]())
  return own
}
