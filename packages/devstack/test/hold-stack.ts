// A process that starts a stack, durable where a folder is given, and waits to be killed: the tests' victim.
import postgres from 'postgres'
import { startDevstack } from '../src/index.ts'

const [dir] = process.argv.slice(2)
const stack = await startDevstack(dir === undefined ? {} : { dir, durable: true })
const sql = postgres(stack.postgres.url, { max: 1 })
await sql`create table kept (n int)`
await sql`insert into kept values (9)`
process.stdout.write(`${JSON.stringify([stack.postgres.port, stack.redis.port, stack.nats.port])}\n`)
setInterval(() => undefined, 60_000)
