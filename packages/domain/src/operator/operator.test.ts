import t from 'tap'
import { aProvisionalOperator } from '../contracts/samples.ts'
import { notes } from './notes.ts'
import { provisioned, revised, softDeleted } from './operator.ts'
import { operatorName } from './operator-name.ts'
import { OPERATOR_STATUSES } from './status.ts'

const createdAt = new Date('2026-11-20T12:00:00.000Z')
const at = new Date('2026-11-20T13:00:00.000Z')
const anOperator = () => provisioned(aProvisionalOperator(), { createdAt, credentialsVersion: 3 })

t.test('a provisioned operator is the draft at version 1, made and last changed by its creator', async (t) => {
  const draft = aProvisionalOperator({ createdBy: 'amina' })
  t.same(provisioned(draft, { createdAt, credentialsVersion: 3 }), {
    ...draft,
    credentialsVersion: 3,
    version: 1,
    createdAt,
    createdBy: 'amina',
    updatedAt: createdAt,
    updatedBy: 'amina',
    deletedAt: null,
  })
})

t.test('a revision is the next version, by whom and when, and leaves the rest and the original alone', async (t) => {
  const operator = anOperator()
  const original = structuredClone(operator)
  const change = { name: operatorName('New'), notes: notes('a note'), credentialsVersion: 4 }
  t.same(revised(operator, change, { actor: 'zahra', at }), {
    ...operator,
    ...change,
    version: 2,
    updatedAt: at,
    updatedBy: 'zahra',
  })
  t.same(operator, original)
  t.equal(revised(revised(operator, {}, { actor: 'zahra', at }), {}, { actor: 'zahra', at }).version, 3)
})

t.test('a deleted operator is INACTIVE whatever it was, one version on', async (t) => {
  for (const status of OPERATOR_STATUSES) {
    const operator = { ...anOperator(), status }
    const expected = { status: 'INACTIVE', deletedAt: at, version: 2, updatedAt: at, updatedBy: 'zahra' }
    t.same(softDeleted(operator, { actor: 'zahra', at }), { ...operator, ...expected })
  }
})
