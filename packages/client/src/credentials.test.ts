import { inspect } from 'node:util'
import t from 'tap'
import { createCredentials } from './credentials.ts'
import { OperatorClientError, type OperatorClientErrorCode } from './errors.ts'
import type { OperatorCredentials } from './operator.ts'
import { TIMING } from './timing.ts'

const CANARY = 'c4n4ry!!'
const MINUTE = 60_000

const credentialsOf = (operatorId: string, version: number): OperatorCredentials => ({
  operatorId,
  host: 'smpp.example',
  port: 2775,
  bindType: 'TRANSCEIVER',
  systemType: '',
  tpsLimit: { maxTps: 10, burstMultiplier: 1, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' },
  systemId: 'gateway',
  password: CANARY,
  credentialsVersion: 1,
  version,
})

/** Each request waits until it is settled; `requests` are those that do. */
function start() {
  let clock = 0
  const asked: string[] = []
  const requests: PromiseWithResolvers<unknown>[] = []
  const get = (path: string): Promise<unknown> => {
    asked.push(path)
    const request = Promise.withResolvers<unknown>()
    requests.push(request)
    return request.promise
  }
  const credentials = createCredentials({ api: { get }, timing: TIMING, now: () => clock })
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    credentials,
    asked,
    pass: (ms: number) => void (clock += ms),
    async answer(value: unknown) {
      requests.shift()?.resolve(value)
      await settled()
    },
    async fail(code: OperatorClientErrorCode, retryAfterMs?: number) {
      requests.shift()?.reject(new OperatorClientError(code, 'as told', retryAfterMs))
      await settled()
    },
    /** Has been read once, as version 1. */
    async known(operatorId: string) {
      const read = credentials.get(operatorId)
      requests.shift()?.resolve(credentialsOf(operatorId, 1))
      await read
      return this
    },
  }
}

t.test('credentials are read once while they are fresh, by one request for all who ask', async (t) => {
  const { credentials, asked, answer, pass } = start()
  const reads = [credentials.get('a/b'), credentials.get('a/b')]
  await answer(credentialsOf('a/b', 1))
  for (const read of reads) t.match(await read, { version: 1, password: CANARY })
  t.same(asked, ['/operators/a%2Fb/credentials'])

  pass(30 * MINUTE - 1)
  t.match(await credentials.get('a/b'), { version: 1 })
  t.equal(asked.length, 1)
  pass(1)
  const anew = credentials.get('a/b')
  await answer(credentialsOf('a/b', 2))
  t.match(await anew, { version: 2 })
  t.equal(asked.length, 2)
})

t.test('after a change the next get reads anew, and what was on its way then does not count', async (t) => {
  const { credentials, asked, answer } = await start().known('a')
  credentials.invalidate('a')
  const before = credentials.get('a')
  credentials.invalidate('a')
  const after = credentials.get('a')
  await answer(credentialsOf('a', 2))
  t.equal(asked.length, 3, 'the first answer was not good enough')
  await answer(credentialsOf('a', 3))
  t.match(await before, { version: 3 })
  t.match(await after, { version: 3 })
  t.match(await credentials.get('a'), { version: 3 })
  t.equal(asked.length, 3)
})

t.test('during an outage the cache answers at once, whatever its age, and attempts are rare', async (t) => {
  const { credentials, asked, answer, fail, pass } = await start().known('a')
  pass(30 * MINUTE)
  const first = credentials.get('a')
  await fail('UNAVAILABLE', 3_000)
  t.match(await first, { version: 1 })
  pass(2_999)
  for (let i = 0; i < 100; i++) t.match(await credentials.get('a'), { version: 1 })
  t.equal(asked.length, 2, 'as the service asked')

  let attempts = 0
  for (let second = 0; second < 600; second++) {
    pass(1_000)
    t.match(await credentials.get('a'), { version: 1 }, 'before the attempt has failed')
    if (asked.length === 3 + attempts) {
      attempts++
      await fail('UNAVAILABLE')
    }
  }
  t.ok(attempts > 80 && attempts < 200, `${attempts} attempts in 10 min`)

  pass(10_000)
  t.match(await credentials.get('a'), { version: 1 })
  await answer(credentialsOf('a', 2))
  t.match(await credentials.get('a'), { version: 2 }, 'it is back')
  pass(30 * MINUTE - 1)
  const total = asked.length
  t.match(await credentials.get('a'), { version: 2 })
  t.equal(asked.length, total, 'and its answer is fresh')
})

t.test('a change during an outage is waited for, and the cache answers when it does not come', async (t) => {
  const { credentials, asked, answer, fail, pass } = await start().known('a')
  pass(30 * MINUTE)
  void credentials.get('a')
  await fail('UNAVAILABLE', 3_000)
  credentials.invalidate('a')
  const failed = credentials.get('a')
  t.equal(asked.length, 3, 'the change says that there is something to read')
  await fail('UNAVAILABLE', 3_000)
  t.match(await failed, { version: 1 })
  t.match(await credentials.get('a'), { version: 1 })
  t.equal(asked.length, 3)
  pass(3_000)
  const read = credentials.get('a')
  await answer(credentialsOf('a', 2))
  t.match(await read, { version: 2 })
})

t.test('what was never read rejects during an outage, without an attempt for each get', async (t) => {
  const { credentials, asked, fail, pass } = start()
  const first = credentials.get('a')
  const rejected = t.rejects(first, { code: 'UNAVAILABLE', retryAfterMs: 3_000 })
  await fail('UNAVAILABLE', 3_000)
  await rejected
  await t.rejects(credentials.get('a'), { code: 'UNAVAILABLE' })
  t.equal(asked.length, 1)
  pass(3_000)
  void credentials.get('a').catch(() => {})
  t.equal(asked.length, 2)
})

t.test('an operator that is gone is forgotten; a right that is lost is shown, not papered over', async (t) => {
  const { credentials, asked, answer, fail, pass } = await start().known('a')
  for (const code of ['REFUSED', 'NOT_FOUND'] as const) {
    pass(30 * MINUTE)
    const rejected = t.rejects(credentials.get('a'), { code })
    await fail(code)
    await rejected
  }
  const first = t.rejects(credentials.get('a'), { code: 'UNAVAILABLE' }, 'nothing is left to fall back on')
  await fail('UNAVAILABLE')
  await first

  pass(MINUTE)
  const onItsWay = credentials.get('a')
  credentials.forget('a')
  await answer(credentialsOf('a', 1))
  await onItsWay
  const count = asked.length
  void credentials.get('a').catch(() => {})
  t.equal(asked.length, count + 1, 'what was on its way when it was forgotten is not kept')
})

t.test('an answer of another form or operator is none, and no password is shown anywhere', async (t) => {
  const { credentials, answer, pass } = await start().known('b')
  t.notOk((inspect(credentials, { depth: 9, showHidden: true }) + JSON.stringify(credentials)).includes(CANARY))
  for (const wrong of [
    null,
    [],
    CANARY,
    { password: CANARY },
    credentialsOf('other', 1),
    { ...credentialsOf('a', 1), port: CANARY },
  ]) {
    pass(MINUTE)
    const read = credentials.get('a').catch((error: unknown) => error)
    await answer(wrong)
    t.match(await read, { code: 'UNAVAILABLE' })
    t.notOk(inspect(await read, { depth: 9, showHidden: true }).includes(CANARY))
  }
  credentials.close()
  await t.rejects(credentials.get('b'), { code: 'UNAVAILABLE', message: /closed/ })
})
