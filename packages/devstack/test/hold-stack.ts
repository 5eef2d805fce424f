// A process that starts a stack and waits to be killed: the tests' victim.
import { startDevstack } from '../src/index.ts'

const stack = await startDevstack()
process.stdout.write(`${JSON.stringify([stack.postgres.port, stack.redis.port, stack.nats.port])}\n`)
setInterval(() => undefined, 60_000)
