import { readFile } from 'node:fs/promises'
import { writePrivate } from '../pki/files.ts'

export type CertificatePaths = Readonly<{ cert: string; key: string }>

/** `.local/stack.json`: where everything of the running stack is, for scripts. Paths are absolute. */
export type StackFile = Readonly<{
  admin: Readonly<{
    url: string
    management: string
    tokens: Readonly<{ admin: string; read: string }>
    /** The configuration that it runs with, for commands that need the same. Secrets are paths. */
    environment: Readonly<Record<string, string>>
  }>
  internal: Readonly<{
    url: string
    management: string
    tls: Readonly<{
      ca: string
      /** `stranger` is signed by the CA and on no allow-list. */
      clients: Readonly<Record<'smpp-connector' | 'routing-engine' | 'stranger', CertificatePaths>>
    }>
  }>
  ingestor: Readonly<{ management: string }>
  /** The owner's. */
  postgres: Readonly<{ url: string }>
  redis: Readonly<{ url: string }>
  nats: Readonly<{ url: string; monitor: string }>
  /** The token may read every secret. */
  vault: Readonly<{ url: string; token: string }>
  /** URLs; only with `--with-monitoring`. */
  monitoring?: Readonly<{ prometheus: string; alertmanager: string }>
  /** Of the launcher. */
  pid: number
}>

export const writeStackFile = (path: string, stack: StackFile): Promise<void> =>
  writePrivate(path, `${JSON.stringify(stack, null, 2)}\n`)

/** Undefined when no stack runs. */
export async function readStackFile(path: string): Promise<StackFile | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as StackFile
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
