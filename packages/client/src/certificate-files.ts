import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'

/** Paths of PEM files: the certificate of this client (with its chain), its key, and who may have signed the server's. */
export type TlsFiles = Readonly<{ cert: string; key: string; ca: string }>

/** What lies in the files. */
export type CertificateTexts = TlsFiles

/** Reads them, one after the other: the same files then give the same reason why not. Rejects when one cannot be read. */
export const readCertificates = async ({ cert, key, ca }: TlsFiles): Promise<CertificateTexts> => ({
  cert: await readFile(cert, 'utf8'),
  key: await readFile(key, 'utf8'),
  ca: await readFile(ca, 'utf8'),
})

/** Throws when they cannot be used together now: OpenSSL would only find out with each handshake. */
export function secureContextOf({ cert, key, ca }: CertificateTexts): SecureContext {
  const chain = certificatesIn(cert, 'the certificate')
  const [own] = chain
  if (own?.checkPrivateKey(privateKeyIn(key)) !== true) throw new Error('the key does not belong to the certificate')
  if (!isValidNow(own)) throw new Error('the certificate is not valid now')
  const authorities = certificatesIn(ca, 'the CA')
  if (!authorities.some(isValidNow)) throw new Error('no certificate of the CA is valid now')
  return createSecureContext({ cert: pemOf(chain), key, ca: pemOf(authorities), minVersion: 'TLSv1.2' })
}

/** OpenSSL reads nothing from where two run into each other without a line end, and says nothing. */
const pemOf = (certificates: readonly X509Certificate[]): string => certificates.map(String).join('')

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const BEGIN = '-----BEGIN CERTIFICATE-----'

function certificatesIn(text: string, what: string): X509Certificate[] {
  const blocks = text.match(CERTIFICATES) ?? []
  // OpenSSL passes over a block that is cut short.
  if (blocks.length === 0 || blocks.length < text.split(BEGIN).length - 1)
    throw new Error(`${what} is not whole in PEM`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    throw new Error(`${what} cannot be read as PEM`)
  }
}

function privateKeyIn(text: string) {
  try {
    return createPrivateKey(text)
  } catch {
    throw new Error('the key cannot be read as PEM')
  }
}

const isValidNow = ({ validFrom, validTo }: X509Certificate): boolean =>
  Date.parse(validFrom) <= Date.now() && Date.now() < Date.parse(validTo)
