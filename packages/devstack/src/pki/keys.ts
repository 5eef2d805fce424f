import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto'

/** ECDSA on P-256: every TLS peer knows it, and a pair is made in under a millisecond. */
export const SIGNATURE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** Both halves of a pair, and the private one as PKCS#8 PEM. */
export type KeyPair = Readonly<{ publicKey: webcrypto.CryptoKey; privateKey: webcrypto.CryptoKey; pem: string }>

export async function newKeyPair(): Promise<KeyPair> {
  const pair = await webcrypto.subtle.generateKey(SIGNATURE, true, ['sign', 'verify'])
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey))
  const pem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' })
  return { ...pair, pem: pem.toString() }
}

export async function keyPairOf(pem: string): Promise<KeyPair> {
  const privateDer = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' })
  const publicDer = createPublicKey(pem).export({ format: 'der', type: 'spki' })
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey('pkcs8', privateDer, SIGNATURE, true, ['sign']),
    webcrypto.subtle.importKey('spki', publicDer, SIGNATURE, true, ['verify']),
  ])
  return { privateKey, publicKey, pem }
}
