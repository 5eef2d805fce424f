import type { Test } from 'tap'
import { bootstrapVault, createVaultCall, type DevVault, startDevVault } from '@oms/devstack/vault'
import { type Credentials, type OperatorId, password, systemId } from '@oms/domain'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openVault, type VaultConfig, type VaultRequest } from '../../src/vault/index.ts'
import { untilHolds } from './until.ts'

export const newId = () => randomUUID() as string as OperatorId
export const credentialsOf = (id: string, secret: string): Credentials => ({
  systemId: systemId(id),
  password: password(secret),
})
/** What a rejection of the store looks like. */
export const unavailable = (kind: string) => ({ code: 'VAULT_UNAVAILABLE', cause: { kind } })
/** For faults: requests for secrets, not for logins. */
export const onData = { when: ({ path }: { path: string }) => path.includes('/data/ops/') }

/** A development Vault made ready for the apps, and our store on it. */
export async function vaultBench(t: Test) {
  const dev: DevVault = await startDevVault()
  t.teardown(() => dev.stop())
  t.afterEach(() => dev.faults.clear())
  const prepared = await bootstrapVault({ url: dev.url, token: dev.rootToken })
  const folder = await mkdtemp(join(tmpdir(), 'oms-vault-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))

  async function tokenFile(token: string): Promise<string> {
    const path = join(folder, randomUUID())
    await writeFile(path, `${token}\n`, { mode: 0o600 })
    return path
  }
  const appToken = await prepared.issueToken('admin-api')
  const tokenPath = await tokenFile(appToken)

  async function open(t: Test, config: Partial<VaultConfig> = {}) {
    const requests: VaultRequest[] = []
    const circuit: string[] = []
    const vault = openVault(
      { address: dev.url, auth: { method: 'token', tokenPath }, ...config },
      { onRequest: (request) => requests.push(request), onCircuit: (state) => circuit.push(state) },
    )
    t.teardown(() => vault[Symbol.asyncDispose]())
    const answers = () =>
      vault.ping().then(
        () => true,
        () => false,
      )
    await untilHolds('logged in', answers)
    requests.length = 0
    const results = (op: string) => requests.filter((request) => request.op === op).map(({ result }) => result)
    return { ...vault, requests, results, circuit, answers }
  }

  const asRoot = createVaultCall({ url: dev.url, token: dev.rootToken })
  return { dev, prepared, folder, tokenFile, appToken, tokenPath, open, asRoot }
}
