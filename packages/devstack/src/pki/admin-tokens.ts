import { createPrivateKey, createPublicKey } from 'node:crypto'
import { join, resolve } from 'node:path'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import { readIfThere, writePrivate } from './files.ts'
import { newKeyPair } from './keys.ts'

/** Absolute paths of PEM files: PKCS#8, and SPKI for who verifies. */
export type JwtKeys = Readonly<{ privateKeyPath: string; publicKeyPath: string }>

export type AdminClaims = Readonly<{
  /** One text, or the array form that some issuers use. */
  scope: string | readonly string[]
  subject: string
  issuer: string
  audience: string
  /** Seconds, or a span such as `30 days`. */
  expiresIn: number | string
}>

export const ADMIN_TOKEN_ALGORITHM = 'ES256'

/** The pair that signs admin tokens in development; the one in `dir` is kept, so that tokens outlive the stack. */
export async function createDevJwtKeys(dir: string): Promise<JwtKeys> {
  const privateKeyPath = resolve(join(dir, 'admin-jwt-key.pem'))
  const publicKeyPath = resolve(join(dir, 'admin-jwt-public.pem'))
  const found = await readIfThere(privateKeyPath)
  const pem = found ?? (await newKeyPair()).pem
  if (found === undefined) await writePrivate(privateKeyPath, pem)
  await writePrivate(publicKeyPath, createPublicKey(pem).export({ format: 'pem', type: 'spki' }).toString())
  return { privateKeyPath, publicKeyPath }
}

/** A bearer token as the gateway's identity provider would issue it. */
export async function signAdminToken(keys: JwtKeys, claims: AdminClaims): Promise<string> {
  const pem = await readIfThere(keys.privateKeyPath)
  if (pem === undefined) throw new Error(`there is no key at ${keys.privateKeyPath}`)
  const { scope, subject, issuer, audience, expiresIn } = claims
  const expiry = typeof expiresIn === 'number' ? Math.floor(Date.now() / 1000) + expiresIn : expiresIn
  const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(pem)))
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: ADMIN_TOKEN_ALGORITHM, typ: 'JWT', kid })
    .setSubject(subject)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(expiry)
    .sign(createPrivateKey(pem))
}
