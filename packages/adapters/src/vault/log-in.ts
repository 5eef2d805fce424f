import { readFile } from 'node:fs/promises'
import type { Lease, VaultApi } from './vault-api.ts'
import { mountPath, type VaultAuth } from './vault-config.ts'
import { VaultFailure } from './vault-failure.ts'

export type LogIn = () => Promise<Lease>

/** The login of the configured method; reads its file each time. Rejects with `VaultFailure`. */
export function createLogIn(api: VaultApi, auth: VaultAuth): LogIn {
  switch (auth.method) {
    case 'token':
      // Asking Vault about it is what shows that it is good, and until when.
      return async () => api.lookUpSelf(await readProof(auth.tokenPath))
    case 'approle': {
      const mount = mountPath(auth.mount ?? 'auth/approle')
      return async () => api.logInWithAppRole(auth.roleId, await readProof(auth.secretIdPath), mount)
    }
    case 'kubernetes': {
      const mount = mountPath(auth.mount ?? 'auth/kubernetes')
      return async () => api.logInWithKubernetes(auth.role, await readProof(auth.jwtPath), mount)
    }
  }
}

/** The file's text. A header takes no control characters, and neither a token, a secret id nor a JWT holds any. */
async function readProof(path: string): Promise<string> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNREADABLE_FILE'
    throw new VaultFailure('no_token', { code })
  }
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new VaultFailure('no_token', { code: text === '' ? 'EMPTY_FILE' : 'MALFORMED_FILE' })
  return text
}
