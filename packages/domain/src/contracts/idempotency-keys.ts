import type { Test } from 'tap'
import type { IdempotencyClaim } from '../change/idempotency.ts'
import { type Operator, type ProvisionalOperator, provisioned, revised } from '../operator/operator.ts'
import { aProvisionalOperator, aRecordedChange, newOperatorId } from './samples.ts'
import { createOperatorIn, type OpenStore, type StoreHarness } from './store-harness.ts'
import { gate } from './turn.ts'

let claims = 0

const aClaim = (facts: Partial<IdempotencyClaim> = {}): IdempotencyClaim => {
  claims += 1
  return { subject: 'amina', key: `key-${claims}`, fingerprint: 'a'.repeat(64), ...facts }
}
const taken = { name: 'IdempotencyKeyTaken' }
const answer = { status: 201, headers: { etag: '"2"' }, body: { ruleId: 'one', list: [1, null, 'É'] } } as const

/** A change of an operator under `claim` that keeps `answer`. */
const changeOnce = ({ operators }: StoreHarness, { operatorId }: Operator, claim: IdempotencyClaim) =>
  operators.change(operatorId, { acrossVault: false, claim }, async (change) => {
    const next = revised(change.operator, {}, { actor: 'zahra', at: change.at })
    await change.record(next, aRecordedChange('operator.config.updated.v1', next))
    await change.keepAnswer(answer)
  })

const completed = (draft: ProvisionalOperator, createdAt: Date) => {
  const operator = provisioned(draft, { createdAt, credentialsVersion: 1 })
  return [operator, aRecordedChange('operator.config.created.v1', operator)] as const
}

const versionOf = async ({ operators }: StoreHarness, { operatorId }: Operator) =>
  (await operators.find(operatorId))?.operator.version

export function idempotencyKeysContract(t: Test, open: OpenStore): void {
  t.test('a key that nobody used is not there', async (t) => {
    const { idempotency } = await open(t)
    t.equal(await idempotency.find(aClaim()), undefined)
    t.equal(await idempotency.prune(), 0)
  })

  t.test('the answer of a change is kept with it, by subject and key', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const claim = aClaim()
    await changeOnce(store, operator, claim)
    const record = { fingerprint: claim.fingerprint, answer }
    t.same(await store.idempotency.find(claim), record)
    t.same(await store.idempotency.find({ subject: claim.subject, key: claim.key }), record)
    t.equal(await store.idempotency.find({ ...claim, subject: 'zahra' }), undefined)
    t.equal(await store.idempotency.find({ ...claim, key: 'another' }), undefined)
  })

  t.test('a claim that was made is refused before anything happens, whatever its fingerprint', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const claim = aClaim()
    await changeOnce(store, operator, claim)
    const draft = aProvisionalOperator()
    const again = { ...claim, fingerprint: 'b'.repeat(64) }
    await t.rejects(changeOnce(store, operator, again), taken)
    await t.rejects(
      store.operators.change(newOperatorId(), { acrossVault: false, claim }, async () => t.fail('no work')),
      taken,
      'the claim comes before the operator',
    )
    await t.rejects(store.operators.insertProvisional(draft, 0, claim), taken)
    t.equal(await versionOf(store, operator), 2)
    t.same(await store.operators.holders(draft), [])
    t.equal(await store.cleanup.processNext(600, async () => {}), false)
    t.equal((await store.idempotency.find(claim))?.fingerprint, claim.fingerprint)
    await t.resolves(changeOnce(store, operator, { ...claim, subject: 'zahra' }), 'the key of another subject is free')
  })

  t.test('while a change has not committed its claim is refused to others, and its answer not there', async (t) => {
    const store = await open(t)
    const [one, two] = [await createOperatorIn(store), await createOperatorIn(store)]
    const claim = aClaim()
    const { entered, goOn, pass } = gate()
    const first = store.operators.change(one.operatorId, { acrossVault: false, claim }, async (change) => {
      await change.keepAnswer(answer)
      await pass()
    })
    await entered
    t.equal(await store.idempotency.find(claim), undefined)
    await t.rejects(changeOnce(store, two, claim), taken)
    await t.rejects(changeOnce(store, one, claim), taken, 'without waiting for the operator')
    await t.rejects(store.operators.insertProvisional(aProvisionalOperator(), 60, claim), taken)
    await t.resolves(changeOnce(store, two, aClaim()), 'another key is not held up')
    goOn()
    await first
    t.same((await store.idempotency.find(claim))?.answer, answer)
    t.equal(await versionOf(store, one), 1)
  })

  t.test('of many changes with one claim at once one happens', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const claim = aClaim()
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => changeOnce(store, operator, claim)))
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.match(outcome.reason, taken)
    }
    t.equal(await versionOf(store, operator), 2)
  })

  t.test('after a rollback the key is free', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const claim = aClaim()
    const options = { acrossVault: false, claim }
    const failure = new Error('changed our mind')
    const failing = store.operators.change(operator.operatorId, options, async (change) => {
      await change.keepAnswer(answer)
      throw failure
    })
    await t.rejects(failing, failure)
    await t.rejects(
      store.operators.change(newOperatorId(), options, async () => {}),
      { code: 'OPERATOR_NOT_FOUND' },
    )
    const { name } = operator
    await t.rejects(store.operators.insertProvisional(aProvisionalOperator({ name }), 60, claim), {
      code: 'DUPLICATE_NAME',
    })
    t.equal(await store.idempotency.find(claim), undefined)
    await t.resolves(changeOnce(store, operator, claim))
  })

  t.test('a create runs under its claim until it is complete, and then has its answer', async (t) => {
    const store = await open(t)
    const claim = aClaim()
    const draft = aProvisionalOperator()
    const createdAt = await store.operators.insertProvisional(draft, 60, claim)
    t.same(await store.idempotency.find(claim), { fingerprint: claim.fingerprint, answer: null })
    await t.rejects(store.operators.insertProvisional(aProvisionalOperator(), 60, claim), taken)
    t.equal(await store.operators.complete(...completed(draft, createdAt), { claim, answer }), true)
    t.same(await store.idempotency.find(claim), { fingerprint: claim.fingerprint, answer })
    await store.operators.abandon(draft.operatorId)
    t.same(await store.idempotency.find(claim), { fingerprint: claim.fingerprint, answer }, 'it is finished')
  })

  t.test('abandoning a create frees its key, and only its own', async (t) => {
    const store = await open(t)
    const [claim, other] = [aClaim(), aClaim()]
    const draft = aProvisionalOperator()
    await store.operators.insertProvisional(draft, 60, claim)
    await store.operators.insertProvisional(aProvisionalOperator(), 60, other)
    await store.operators.abandon(draft.operatorId)
    t.equal(await store.idempotency.find(claim), undefined)
    t.same((await store.idempotency.find(other))?.answer, null)
    await t.resolves(store.operators.insertProvisional(aProvisionalOperator(), 60, claim))
  })

  t.test('the clean-up of a create frees its key; completing it then keeps no answer', async (t) => {
    const store = await open(t)
    const claim = aClaim()
    const draft = aProvisionalOperator()
    const createdAt = await store.operators.insertProvisional(draft, 0, claim)
    t.equal(await store.cleanup.processNext(600, async () => {}), true)
    t.equal(await store.idempotency.find(claim), undefined)
    t.equal(await store.operators.complete(...completed(draft, createdAt), { claim, answer }), false)
    t.equal(await store.idempotency.find(claim), undefined)
    await t.resolves(store.operators.insertProvisional(aProvisionalOperator(), 60, claim))
  })

  t.test('after 24 hours a claim does not exist, and its key is as good as new', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const [answered, running, young] = [aClaim(), aClaim(), aClaim()]
    await changeOnce(store, operator, answered)
    await store.operators.insertProvisional(aProvisionalOperator(), 60, running)
    await store.ageIdempotencyKeys(23)
    t.same((await store.idempotency.find(answered))?.answer, answer)
    await changeOnce(store, operator, young)
    await store.ageIdempotencyKeys(2)
    for (const claim of [answered, running]) t.equal(await store.idempotency.find(claim), undefined)
    await changeOnce(store, operator, { ...answered, fingerprint: 'c'.repeat(64) })
    t.match(await store.idempotency.find(answered), { fingerprint: 'c'.repeat(64), answer })
    t.equal(await store.idempotency.prune(), 1, 'the one that is still old')
    t.equal(await store.idempotency.prune(), 0)
    for (const claim of [answered, young]) t.same((await store.idempotency.find(claim))?.answer, answer)
    await store.ageIdempotencyKeys(23)
    t.ok(await store.idempotency.find(answered), 'its day began anew')
  })
}
