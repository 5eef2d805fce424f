import { Secret } from '@oms/domain'
import { readSecretFile } from './secret-file.ts'

/** Where to connect: a URL that may be printed, and the password apart. */
export type Connection = Readonly<{ url: string; password?: Secret }>

const USERINFO = /(:\/\/)([^/?#@:]*):([^@]*)@/

/**
 * Joins a URL with the file that holds its password, given as [variable, path]; the file wins over a password
 * inside the URL, which development may use. Throws `ConfigError` when the file cannot be read.
 */
export function connection(
  url: string,
  passwordFile?: readonly [variable: string, path: string | undefined],
): Connection {
  const inside = USERINFO.exec(url)?.[3]
  const bare = url.replace(USERINFO, (_, scheme: string, user: string) => (user === '' ? scheme : `${scheme}${user}@`))
  const [variable, path] = passwordFile ?? []
  if (variable !== undefined && path !== undefined) return { url: bare, password: readSecretFile(path, variable) }
  return inside === undefined ? { url } : { url: bare, password: new Secret(decodeURIComponent(inside)) }
}
