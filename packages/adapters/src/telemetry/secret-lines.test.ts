import { type OperatorPatch, Secret, type WriteLine } from '@oms/domain'
import t from 'tap'
import { createServer } from '../http/index.ts'
import { httpDoubles } from '../../test/support/http-doubles.ts'
import { createLogger, type Logger } from './index.ts'

const CANARY = 'canary-71c2'
const password = new Secret(CANARY)
const patch: OperatorPatch = { name: 'A' as NonNullable<OperatorPatch['name']>, password }
const session = { lease: { token: password, ttlSeconds: 60 } }

/** Each line with `@ts-expect-error` is a line that `tsc` must refuse; where it does not, the check of types fails. */
function refused(log: Readonly<Record<'info', WriteLine>>): void {
  // @ts-expect-error: the Secret itself
  log.info(password, 'x')
  // @ts-expect-error: as a field
  log.info({ password }, 'x')
  // @ts-expect-error: further down
  log.info({ session }, 'x')
  // @ts-expect-error: in a list
  log.info({ tokens: [password] }, 'x')
  // @ts-expect-error: in a tuple of a list
  log.info({ pairs: [['amina', password]] as [string, Secret][] }, 'x')
  // @ts-expect-error: where it may be missing
  log.info({ patch }, 'x')
  // @ts-expect-error: spread into the fields
  log.info({ ...patch, operatorId: 'o-1' }, 'x')
  // @ts-expect-error: where it may be null
  log.info({ token: password as Secret | null }, 'x')
}

function taken(log: Readonly<Record<'info', WriteLine>>, err: unknown): void {
  log.info('a message alone')
  log.info(new Error('one'))
  log.info({ err, at: new Date(), ids: ['a'] as const, n: 1n.toString() }, 'x')
  log.info({ operatorId: undefined, deep: { a: { b: { c: { d: { e: 1 } } } } } }, 'x')
}

t.test('a Secret in the fields of a line does not compile, whoever hands out the logger', async (t) => {
  const lines: string[] = []
  const log = createLogger({ level: 'info', app: 'admin-api', destination: { write: (line) => void lines.push(line) } })
  const app = createServer({ ...httpDoubles(), log })
  t.teardown(() => app.close())
  app.get('/', async (request) => {
    refused(request.log)
    // @ts-expect-error: the logger of a request is one, too
    request.log.warn({ password }, 'x')
    return {}
  })
  const child: Logger = log.child({ requestId: 'r-1' })
  // @ts-expect-error: nor in what all lines of a child have
  log.child({ password }).info('x')
  for (const each of [log, child]) {
    refused(each)
    taken(each, new Error('two'))
  }
  t.equal((await app.inject('/')).statusCode, 200)
  t.equal(lines.length, 1 + 2 * (8 + 4) + 8 + 1 + 1)
  for (const line of lines) t.notMatch(line, CANARY)
})
