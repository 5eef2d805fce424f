import type { Test } from 'tap'
import { createVaultCall } from './client.ts'
import { type DevVaultOptions, startDevVault } from './dev-vault.ts'

/** What these tests share: a Vault for one test, a client of its root token, a secret to look for. */

export async function open(t: Test, options: DevVaultOptions = {}) {
  const vault = await startDevVault(options)
  t.teardown(() => vault.stop())
  return { vault, call: createVaultCall({ url: vault.url, token: vault.rootToken }) }
}

export const secret = { body: { data: { password: 'canary-7f3a' } } }
