import type { Test } from 'tap'
import type { DirectoryEntry, OperatorDirectory } from '../operator/operator-directory.ts'
import { aHealth, aProvisionalOperator, newOperatorId } from './samples.ts'
import {
  createOperatorIn,
  deleteOperatorIn,
  type OpenStore,
  reportHealthIn,
  updateOperatorIn,
} from './store-harness.ts'

async function snapshot(directory: OperatorDirectory): Promise<readonly DirectoryEntry[]> {
  const entries: DirectoryEntry[] = []
  for await (const entry of directory.stream()) entries.push(entry)
  return entries
}

export function operatorDirectoryContract(t: Test, open: OpenStore): void {
  t.test('a live operator is found with its health and its rules', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    await reportHealthIn(store, aHealth(operator.operatorId, 0, { state: 'HEALTHY' }))
    const entry = { operator, healthState: 'HEALTHY', healthStale: false, rules: [] }
    t.same(await store.directory.find(operator.operatorId), entry)
    t.same(await snapshot(store.directory), [entry])
  })

  t.test('unknown, provisional and deleted operators are not there', async (t) => {
    const store = await open(t)
    const draft = aProvisionalOperator()
    await store.operators.insertProvisional(draft, 60)
    const { operatorId } = await createOperatorIn(store)
    await deleteOperatorIn(store, operatorId)
    for (const id of [draft.operatorId, operatorId, newOperatorId()]) t.equal(await store.directory.find(id), undefined)
    t.same(await snapshot(store.directory), [])
  })

  t.test('silence of over 60 s shows as UNKNOWN and stale', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await reportHealthIn(store, aHealth(operatorId, 300))
    t.match(await store.directory.find(operatorId), { healthState: 'UNKNOWN', healthStale: true })
    t.match(await snapshot(store.directory), [{ healthState: 'UNKNOWN', healthStale: true }])
  })

  t.test('the snapshot holds every live operator once', async (t) => {
    const store = await open(t)
    const ids: string[] = []
    for (let made = 0; made < 12; made += 1) ids.push((await createOperatorIn(store)).operatorId)
    const streamed = (await snapshot(store.directory)).map(({ operator }) => operator.operatorId)
    t.same(streamed.toSorted(), ids.toSorted())
  })

  t.test('the snapshot is of one moment: what commits while it is read is not in it', async (t) => {
    const store = await open(t)
    const operators = [await createOperatorIn(store), await createOperatorIn(store)]
    const entries = store.directory.stream()[Symbol.asyncIterator]()
    const first = await entries.next()
    for (const { operatorId } of operators) await updateOperatorIn(store, operatorId)
    await createOperatorIn(store)
    const seen = first.done ? [] : [first.value]
    for (let next = await entries.next(); !next.done; next = await entries.next()) seen.push(next.value)
    t.same(
      seen.map(({ operator }) => operator.version),
      [1, 1],
    )
  })

  t.test('a snapshot that is given up half-way holds nothing up', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await createOperatorIn(store)
    for (let times = 0; times < 30; times += 1) {
      for await (const _entry of store.directory.stream()) break
    }
    t.equal((await updateOperatorIn(store, operatorId)).version, 2)
    t.equal((await snapshot(store.directory)).length, 2)
  })

  t.test('the tag changes with every create, update and delete', async (t) => {
    const store = await open(t)
    const tags = [await store.directory.configurationTag()]
    const { operatorId } = await createOperatorIn(store)
    tags.push(await store.directory.configurationTag())
    await updateOperatorIn(store, operatorId)
    tags.push(await store.directory.configurationTag())
    await createOperatorIn(store)
    tags.push(await store.directory.configurationTag())
    await deleteOperatorIn(store, operatorId)
    tags.push(await store.directory.configurationTag())
    t.equal(new Set(tags).size, tags.length, tags.join(' '))
  })

  t.test('the tag stays while only health changes', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const tag = await store.directory.configurationTag()
    t.equal(await store.directory.configurationTag(), tag)
    await reportHealthIn(store, aHealth(operatorId))
    t.equal(await store.directory.configurationTag(), tag)
  })
}
