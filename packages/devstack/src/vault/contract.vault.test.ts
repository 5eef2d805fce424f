import t from 'tap'
import { vaultContract } from './contract.ts'
import { startDevVault } from './dev-vault.ts'

const vault = await startDevVault()
t.teardown(() => vault.stop())

vaultContract(t, async () => ({ url: vault.url, token: vault.rootToken, judgesServiceAccountsByKey: true }))
