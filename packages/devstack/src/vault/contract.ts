import type { Test } from 'tap'
import { appRoleContract } from './contract/approle.ts'
import type { OpenTarget } from './contract/bench.ts'
import { kubernetesContract } from './contract/kubernetes.ts'
import { kvContract } from './contract/kv.ts'
import { kvListsContract } from './contract/kv-lists.ts'
import { policyContract } from './contract/policy.ts'
import { sysContract } from './contract/sys.ts'
import { tokenContract } from './contract/token.ts'

/**
 * What a Vault has to do for our adapter, each case under the page or section of Vault's documentation that it encodes.
 * Works in mounts, auth methods and policies of random names, which it removes: safe on a Vault in use. The token needs
 * to be root, or as good.
 */
export function vaultContract(t: Test, open: OpenTarget): void {
  kvContract(t, open)
  kvListsContract(t, open)
  tokenContract(t, open)
  policyContract(t, open)
  appRoleContract(t, open)
  kubernetesContract(t, open)
  sysContract(t, open)
}
