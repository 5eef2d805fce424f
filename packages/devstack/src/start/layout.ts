import { join, resolve } from 'node:path'

/** The repository that this file stands in. */
export const CHECKOUT = resolve(import.meta.dirname, '../../../..')

export type Layout = ReturnType<typeof layout>

/** Where the local stack keeps what must survive a restart. `.local` is ignored by git. */
export function layout(checkout = CHECKOUT) {
  const root = join(checkout, '.local')
  return {
    checkout,
    root,
    data: join(root, 'data'),
    vault: join(root, 'vault'),
    tls: join(root, 'tls'),
    jwt: join(root, 'jwt'),
    secrets: join(root, 'secrets'),
    logs: join(root, 'logs'),
    monitoring: join(root, 'monitoring'),
    lock: join(root, 'stack.lock'),
    stackFile: join(root, 'stack.json'),
    examplesMade: join(root, 'examples-made'),
  } as const
}
