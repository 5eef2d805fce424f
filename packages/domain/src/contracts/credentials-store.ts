import type { Test } from 'tap'
import type { Credentials, CredentialsStore } from '../operator/credentials-store.ts'
import { password } from '../operator/password.ts'
import { systemId } from '../operator/system-id.ts'
import { newOperatorId } from './samples.ts'

export type OpenCredentials = (t: Test) => Promise<Readonly<{ credentials: CredentialsStore }>>

const credentialsOf = (id: string, secret: string): Credentials => ({
  systemId: systemId(id),
  password: password(secret),
})
const shown = (read: Credentials | undefined) => read && { systemId: read.systemId, password: read.password.reveal() }

export function credentialsStoreContract(t: Test, open: OpenCredentials): void {
  t.test('an operator without a secret has version 0 and nothing to read', async (t) => {
    const { credentials } = await open(t)
    const id = newOperatorId()
    t.equal(await credentials.latestVersion(id), 0)
    t.equal(await credentials.read(id, 1), undefined)
  })

  t.test('versions count from 1 and every one can be read as it was written', async (t) => {
    const { credentials } = await open(t)
    const id = newOperatorId()
    t.equal(await credentials.write(id, credentialsOf('first', 'one'), 0), 1)
    t.equal(await credentials.write(id, credentialsOf('second', 'two'), 1), 2)
    t.equal(await credentials.latestVersion(id), 2)
    t.same(shown(await credentials.read(id, 1)), { systemId: 'first', password: 'one' })
    t.same(shown(await credentials.read(id, 2)), { systemId: 'second', password: 'two' })
    t.equal(await credentials.read(id, 3), undefined, 'a version that is not there yet')
  })

  t.test('every character that a system id or a password may hold comes back', async (t) => {
    const { credentials } = await open(t)
    const visible = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join('')
    for (let start = 0; start < visible.length; start += 15) {
      const id = newOperatorId()
      const part = visible.slice(start, start + 15)
      await credentials.write(id, credentialsOf(part, part), 0)
      t.same(shown(await credentials.read(id, 1)), { systemId: part, password: part })
    }
  })

  t.test('a write on another version than the newest is refused and changes nothing', async (t) => {
    const { credentials } = await open(t)
    const id = newOperatorId()
    await credentials.write(id, credentialsOf('first', 'one'), 0)
    await credentials.write(id, credentialsOf('second', 'two'), 1)
    for (const expected of [0, 1, 3]) {
      await t.rejects(credentials.write(id, credentialsOf('late', 'late'), expected), { code: 'VAULT_UNAVAILABLE' })
    }
    t.equal(await credentials.latestVersion(id), 2)
    t.same(shown(await credentials.read(id, 2)), { systemId: 'second', password: 'two' })
  })

  t.test('of two writes on the same version one succeeds', async (t) => {
    const { credentials } = await open(t)
    const id = newOperatorId()
    const writes = ['one', 'two'].map((secret) => credentials.write(id, credentialsOf('same', secret), 0))
    const outcomes = (await Promise.allSettled(writes)).map(({ status }) => status)
    t.same(outcomes.sort(), ['fulfilled', 'rejected'])
    t.equal(await credentials.latestVersion(id), 1)
  })

  t.test('an error of a write holds no secret', async (t) => {
    const { credentials } = await open(t)
    const id = newOperatorId()
    await credentials.write(id, credentialsOf('first', 'one'), 0)
    const error: unknown = await credentials
      .write(id, credentialsOf('first', 'Canary-77'), 0)
      .catch((cause: unknown) => cause)
    t.ok(error instanceof Error, 'the write was refused')
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      t.notMatch(`${at.message} ${at.stack} ${JSON.stringify(at)}`, /Canary-77/)
    }
  })

  t.test('destroy takes every version of that operator alone, and once more is no error', async (t) => {
    const { credentials } = await open(t)
    const id = newOperatorId()
    const other = newOperatorId()
    await credentials.write(id, credentialsOf('first', 'one'), 0)
    await credentials.write(id, credentialsOf('first', 'two'), 1)
    await credentials.write(other, credentialsOf('other', 'three'), 0)
    await credentials.destroy(id)
    t.equal(await credentials.latestVersion(id), 0)
    t.equal(await credentials.read(id, 1), undefined)
    t.equal(await credentials.read(id, 2), undefined)
    t.same(shown(await credentials.read(other, 1)), { systemId: 'other', password: 'three' })
    await t.resolves(credentials.destroy(id))
    t.equal(await credentials.write(id, credentialsOf('again', 'four'), 0), 1, 'versions start anew')
  })
}
