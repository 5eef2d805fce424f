import t from 'tap'
import { aWorld, by, commitUnknown, databaseAway, errorOf, ROSHAN, vaultAway } from '../../test/support/operators.ts'
import { createOperator } from '../operator/create-operator.ts'
import type { CreateOperatorBody } from '../operator/operator-bodies.ts'
import { parseCreateOperator } from '../operator/operator-commands.ts'
import { answerOnce } from './answer-once.ts'
import { type IdempotencyClaim, IdempotencyKeyTaken, type IdempotencyRecord } from './idempotency.ts'

const claim: IdempotencyClaim = { subject: 'amina', key: 'k1', fingerprint: 'one' }
const answer = { status: 201, body: { name: 'Roshan' } }

/** Ports whose key reads as `found` says, look by look, the last for good; a pause moves the clock. */
function scripted(...found: readonly (IdempotencyRecord | undefined)[]) {
  const seen = { looks: 0, ms: 0 }
  const ports = {
    idempotency: {
      find: async () => {
        seen.looks += 1
        return found[Math.min(seen.looks, found.length) - 1]
      },
    },
    elapsedMs: () => seen.ms,
    pause: async (ms: number) => void (seen.ms += ms),
  }
  return { seen, ports }
}
const running = { fingerprint: 'one', answer: null }
const answered = { fingerprint: 'one', answer }
const never = () => Promise.reject(new Error('it ran'))

t.test('a request that nobody sent before runs, and its answer is its own', async (t) => {
  const { seen, ports } = scripted(undefined)
  t.same(await answerOnce(ports, claim, async () => answer), { answer, replayed: false })
  t.same(seen, { looks: 1, ms: 0 })
})

t.test('a request that was answered is answered so again, and does not run', async (t) => {
  const { seen, ports } = scripted(answered)
  t.same(await answerOnce(ports, claim, never), { answer, replayed: true })
  t.same(seen, { looks: 1, ms: 0 })
})

t.test('another request under the same key is a conflict, answered already or not', async (t) => {
  for (const found of [answered, running]) {
    const { seen, ports } = scripted({ ...found, fingerprint: 'two' })
    await t.rejects(answerOnce(ports, claim, never), { code: 'IDEMPOTENCY_CONFLICT', retryAfter: undefined })
    t.same(seen, { looks: 1, ms: 0 })
  }
})

t.test('while the first request runs the second waits for its answer', async (t) => {
  const { seen, ports } = scripted(running, running, running, answered)
  t.same(await answerOnce(ports, claim, never), { answer, replayed: true })
  t.same(seen, { looks: 4, ms: 300 })
})

t.test('after 5 s without an answer the first request is told to be in progress', async (t) => {
  const { seen, ports } = scripted(running)
  await t.rejects(answerOnce(ports, claim, never), { code: 'IDEMPOTENCY_IN_PROGRESS', retryAfter: 1 })
  t.equal(seen.ms, 5_000)
  const late = scripted(...Array.from({ length: 50 }, () => running), answered)
  t.match(await answerOnce(late.ports, claim, never), { replayed: true }, 'the last look counts')
})

t.test('when another takes the key between the look and the claim, the second waits for it', async (t) => {
  const taken = async () => {
    throw new IdempotencyKeyTaken()
  }
  const { seen, ports } = scripted(undefined, undefined, running, answered)
  t.same(await answerOnce(ports, claim, taken), { answer, replayed: true })
  t.same(seen, { looks: 4, ms: 300 })
  const unseen = scripted(undefined)
  await t.rejects(answerOnce(unseen.ports, claim, taken), { code: 'IDEMPOTENCY_IN_PROGRESS' })
})

t.test('when the first request fails while the second waits, the second runs', async (t) => {
  const { ports } = scripted(running, undefined)
  t.same(await answerOnce(ports, claim, async () => answer), { answer, replayed: false })
})

t.test('a failure of the request is the answer, at once', async (t) => {
  const { seen, ports } = scripted(undefined)
  await t.rejects(
    answerOnce(ports, claim, () => Promise.reject(vaultAway)),
    vaultAway,
  )
  t.same(seen, { looks: 1, ms: 0 })
})

t.test('a database that is away is the answer, before anything runs', async (t) => {
  const { ports, idempotency } = aWorld()
  idempotency.faults.fail('find', databaseAway)
  await t.rejects(answerOnce(ports, claim, never), databaseAway)
})

/** A world in which an operator is created once for a claim. */
function aWorldOnce() {
  const world = aWorld()
  const runs = { count: 0 }
  const create = (as: IdempotencyClaim, body: Partial<CreateOperatorBody> = {}) =>
    answerOnce(world.ports, as, async () => {
      runs.count += 1
      const answerTo = ({ operator }: Readonly<{ operator: object }>) => ({ status: 201, body: operator })
      const command = parseCreateOperator({ ...ROSHAN, ...body }, by(as.subject))
      return answerTo(await createOperator(world.ports, { ...command, once: { claim: as, answerTo } }))
    })
  return { ...world, world, runs, createOnce: create }
}

t.test('a create that is sent again is answered as the first time, and makes nothing', async (t) => {
  const { createOnce, runs, store, events } = aWorldOnce()
  const first = await createOnce(claim)
  t.equal(first.replayed, false)
  t.same(await createOnce(claim), { answer: first.answer, replayed: true })
  t.equal(runs.count, 1)
  t.equal(store.operators.size, 1)
  t.equal(store.audit.length, 1)
  t.equal(events().length, 1)
  await t.rejects(createOnce({ ...claim, fingerprint: 'two' }), { code: 'IDEMPOTENCY_CONFLICT' })
  await t.rejects(createOnce({ ...claim, subject: 'zahra' }), { code: 'DUPLICATE_OPERATOR' }, 'another one’s key')
})

t.test('of creates that are sent at once one makes the operator, and all are answered alike', async (t) => {
  const { createOnce, store } = aWorldOnce()
  const answers = await Promise.all(Array.from({ length: 8 }, () => createOnce(claim)))
  t.equal(store.operators.size, 1)
  t.equal(answers.filter(({ replayed }) => !replayed).length, 1)
  t.equal(new Set(answers.map((each) => JSON.stringify(each.answer))).size, 1)
})

t.test('a create whose twin got in between the look and the insert is answered as the twin is', async (t) => {
  const { world, createOnce } = aWorldOnce()
  const first = await createOnce(claim)
  let looks = 0
  const find: typeof world.idempotency.find = async (key) => {
    looks += 1
    return looks === 1 ? undefined : world.idempotency.find(key)
  }
  const again = answerOnce({ ...world.ports, idempotency: { find } }, claim, async () => {
    const once = { claim, answerTo: () => answer }
    await createOperator(world.ports, { ...parseCreateOperator(ROSHAN, by('amina')), once })
    return answer
  })
  t.same(await again, { answer: first.answer, replayed: true }, 'and not told that it is a duplicate of itself')
})

t.test('after a create that failed its key is free', async (t) => {
  const { world, createOnce } = aWorldOnce()
  world.credentials.faults.fail('write', vaultAway, { once: true })
  t.equal(await errorOf(createOnce(claim)), vaultAway)
  t.equal(await world.idempotency.find(claim), undefined)
  t.equal((await createOnce(claim, { name: 'Roshan' })).replayed, false)

  await t.rejects(createOnce({ ...claim, key: 'k2' }), { code: 'DUPLICATE_OPERATOR', conflicts: [{ name: 'Roshan' }] })
  t.equal(await world.idempotency.find({ ...claim, key: 'k2' }), undefined)
})

t.test('a create that died leaves its key running until the clean-up frees it', async (t) => {
  const { world, createOnce } = aWorldOnce()
  world.credentials.faults.fail('write', vaultAway, { once: true })
  world.operators.faults.fail('abandon', databaseAway, { once: true })
  await t.rejects(createOnce(claim), vaultAway)
  await t.rejects(createOnce(claim), { code: 'IDEMPOTENCY_IN_PROGRESS' })
  world.passSeconds(60)
  t.equal(await world.sweep(), 1)
  t.equal((await createOnce(claim)).replayed, false)
})

t.test(
  'a create of unknown outcome has kept its answer where it stands, and its key is free where it does not',
  async (t) => {
    const stood = aWorldOnce()
    stood.world.operators.faults.fail('complete', commitUnknown, { once: true, afterwards: true })
    const { answer: first } = await stood.createOnce(claim)
    t.same(await stood.createOnce(claim), { answer: first, replayed: true })

    for (const method of ['insertProvisional', 'complete'] as const) {
      for (const afterwards of method === 'complete' ? [false] : [false, true]) {
        const { world, createOnce } = aWorldOnce()
        world.operators.faults.fail(method, commitUnknown, { once: true, afterwards })
        await t.rejects(createOnce(claim), { code: 'DEPENDENCY_UNAVAILABLE' })
        t.equal(await world.idempotency.find(claim), undefined, method)
        t.equal((await createOnce(claim)).replayed, false)
      }
    }
  },
)

t.test('no password is kept with an answer', async (t) => {
  const { createOnce, store } = aWorldOnce()
  await createOnce(claim, { password: 'C4nary-pa55word' })
  t.notOk(JSON.stringify([...store.keys]).includes('C4nary'))
  t.ok(JSON.stringify([...store.keys]).includes('gateway'), 'where other values are')
})
