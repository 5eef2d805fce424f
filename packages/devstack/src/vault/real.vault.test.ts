import { readFileSync } from 'node:fs'
import t from 'tap'
import { vaultContract } from './contract.ts'

// The same cases against a real Vault or OpenBao: this is what makes the development Vault worth anything.
const {
  VAULT_CONTRACT_ADDR: url,
  VAULT_CONTRACT_TOKEN: token,
  VAULT_CONTRACT_CACERT,
  VAULT_CONTRACT_NAMESPACE,
} = process.env

if (url === undefined || token === undefined) {
  t.comment('NOT RUN against a real Vault: VAULT_CONTRACT_ADDR and VAULT_CONTRACT_TOKEN are not both given')
  t.pass('the contract has no real Vault to hold', {
    skip: 'VAULT_CONTRACT_ADDR and VAULT_CONTRACT_TOKEN are not both given',
  })
} else {
  // What runs out is noticed by a real one within minutes.
  t.setTimeout(300_000)
  vaultContract(t, async () => ({
    url,
    token,
    ...(VAULT_CONTRACT_NAMESPACE !== undefined && { namespace: VAULT_CONTRACT_NAMESPACE }),
    ...(VAULT_CONTRACT_CACERT !== undefined && { ca: readFileSync(VAULT_CONTRACT_CACERT, 'utf8') }),
  }))
}
