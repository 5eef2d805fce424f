import type { Test } from 'tap'
import type { AuditEntry } from '../change/audit-entry.ts'
import type { AuditQuery } from '../change/audit-log.ts'
import { revised } from '../operator/operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { MAX_LISTED_RULES, ruleValue } from '../routing/routing-rule-values.ts'
import { aRoutingRule } from './rule-samples.ts'
import { aRecordedChange, newOperatorId } from './samples.ts'
import { createOperatorIn, deleteOperatorIn, type OpenStore, type StoreHarness } from './store-harness.ts'

const NOON = Date.UTC(2026, 10, 20, 12)
const at = (second: number): Date => new Date(NOON + second * 1_000)

/** One change of an operator, its history as `facts` tell. */
async function recordIn(
  { operators }: StoreHarness,
  operatorId: OperatorId,
  facts: Partial<AuditEntry>,
): Promise<AuditEntry> {
  return operators.change(operatorId, { acrossVault: false }, async (change) => {
    const next = revised(change.operator, {}, { actor: 'zahra', at: change.at })
    const recorded = aRecordedChange('operator.config.updated.v1', next)
    const audit = { ...recorded.audit, ...facts }
    await change.record(next, { ...recorded, audit })
    return audit
  })
}

const newestFirst = (entries: readonly AuditEntry[]): readonly AuditEntry[] =>
  entries.toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.auditId < b.auditId ? 1 : -1))

/** All pages of a query, checked to be full but for the last. */
async function walk(t: Test, { auditLog }: StoreHarness, query: AuditQuery): Promise<readonly AuditEntry[]> {
  const seen: AuditEntry[] = []
  let { after } = query
  do {
    const page = await auditLog.list({ ...query, after })
    if (page.next !== null) t.equal(page.entries.length, query.limit)
    seen.push(...page.entries)
    after = page.next ?? undefined
  } while (after !== undefined && seen.length < 100)
  return seen
}

export function auditLogContract(t: Test, open: OpenStore): void {
  t.test('without changes there is no history', async (t) => {
    const { auditLog } = await open(t)
    t.same(await auditLog.list({ limit: 10 }), { entries: [], next: null })
    t.same(await auditLog.list({ limit: 10, operatorId: newOperatorId() }), { entries: [], next: null })
  })

  t.test('every change is one entry, just as it was recorded, newest first', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const other = await createOperatorIn(store)
    const known = await recordIn(store, operatorId, { at: new Date(Date.now() + 60_000) })
    const none = { requestId: null, traceId: null, sourceAddress: null, before: null, after: null }
    const bare = await recordIn(store, operatorId, { ...none, at: new Date(Date.now() + 120_000) })
    const { entries, next } = await store.auditLog.list({ limit: 10, operatorId })
    t.equal(next, null)
    t.same(entries.slice(0, 2), [bare, known])
    t.match(entries[2], { action: 'operator.create', operatorId, version: 1, before: null, actor: 'amina' })
    t.equal(entries.length, 3)
    t.same((await store.auditLog.list({ limit: 10 })).entries, newestFirst(await store.audit()))
    t.match((await store.auditLog.list({ limit: 10, operatorId: other.operatorId })).entries, [{ version: 1 }])
  })

  t.test('filters by operator, actor, action and time hold together; from is in, until is not', async (t) => {
    const store = await open(t)
    const [one, two] = [await createOperatorIn(store), await createOperatorIn(store)]
    const facts = [
      [one, { at: at(1), actor: 'farid', action: 'operator.update' }],
      [one, { at: at(2), actor: 'farid', action: 'tps-limit.update' }],
      [two, { at: at(2), actor: 'farid', action: 'operator.update' }],
      [two, { at: at(3), actor: 'nadia', action: 'operator.update' }],
    ] as const
    const made: AuditEntry[] = []
    for (const [{ operatorId }, each] of facts) made.push(await recordIn(store, operatorId, each))
    const [a, b, c, d] = made
    const span = { from: at(0), until: at(60) }
    const cases: readonly (readonly [Partial<AuditQuery>, readonly (AuditEntry | undefined)[]])[] = [
      [span, [a, b, c, d]],
      [{ ...span, operatorId: one.operatorId }, [a, b]],
      [{ actor: 'farid' }, [a, b, c]],
      [{ ...span, actor: 'far' }, []],
      [{ ...span, action: 'operator.update' }, [a, c, d]],
      [{ ...span, action: 'routing-rule.delete' }, []],
      [{ from: at(2), until: at(3) }, [b, c]],
      [{ from: at(3), until: at(3) }, []],
      [{ until: at(2) }, [a]],
      [{ actor: 'farid', action: 'operator.update', operatorId: two.operatorId, from: at(2), until: at(3) }, [c]],
    ]
    for (const [query, expected] of cases) {
      const wanted = newestFirst(expected.filter((entry) => entry !== undefined))
      t.same(await walk(t, store, { limit: 1, ...query }), wanted, JSON.stringify(query))
      t.same((await store.auditLog.list({ limit: 50, ...query })).entries, wanted)
    }
  })

  t.test('pages walk everything exactly once, also where times are equal and new entries come in', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const made: AuditEntry[] = []
    for (const second of [1, 2, 2, 2, 2, 2, 3]) made.push(await recordIn(store, operatorId, { at: at(second) }))
    const query = { operatorId, from: at(0), until: at(10) }
    for (const limit of [1, 2, 3, 7, 8]) {
      t.same(await walk(t, store, { ...query, limit }), newestFirst(made), `by ${limit}`)
    }
    t.equal((await store.auditLog.list({ ...query, limit: 7 })).next, null, 'a full last page is the last')
    const first = await store.auditLog.list({ ...query, limit: 3 })
    await recordIn(store, operatorId, { at: at(5) })
    const rest = await walk(t, store, { ...query, limit: 3, after: first.next ?? undefined })
    t.same(rest, newestFirst(made).slice(3))
  })

  t.test('a list of rules that is too long is told by its number, and kept whole', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const rules = Array.from({ length: MAX_LISTED_RULES + 1 }, () => ruleValue(aRoutingRule(operatorId)))
    const [listed, whole] = [{ routingRules: rules.slice(1) }, { routingRules: rules }]
    const counted = { routingRules: { count: rules.length, truncated: true } }
    const facts = { action: 'routing-rules.create', resource: { type: 'routing-rules', id: operatorId } } as const
    await recordIn(store, operatorId, { ...facts, at: at(1), before: null, after: listed })
    await recordIn(store, operatorId, { ...facts, at: at(2), before: null, after: whole })
    await recordIn(store, operatorId, { ...facts, at: at(3), before: whole, after: null })
    const { entries } = await store.auditLog.list({ limit: 10, until: at(10), action: 'routing-rules.create' })
    t.same(
      entries.map(({ before, after }) => ({ before, after })),
      [
        { before: counted, after: null },
        { before: null, after: counted },
        { before: null, after: listed },
      ],
    )
    const raw = (await store.audit()).filter(({ action }) => action === 'routing-rules.create')
    t.same(
      raw.map(({ after }) => after),
      [listed, whole, null],
    )
  })

  t.test('the history of a deleted operator stays', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await deleteOperatorIn(store, operatorId)
    const { entries } = await store.auditLog.list({ operatorId, limit: 10 })
    t.same(entries.map(({ action }) => action).toSorted(), ['operator.create', 'operator.delete'])
  })
}
