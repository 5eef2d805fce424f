import 'reflect-metadata'
import { X509Certificate as Authority, PemConverter, X509Crl } from '@peculiar/x509'
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

/** PEM texts as they lie in the files. */
export type CertificateTexts = Readonly<{ cert: string; key: string; ca: string; crl?: string | undefined }>

export type CertificateSet = Readonly<{
  context: SecureContextOptions
  /** The earliest end of validity of each part. */
  expiry: Readonly<Partial<Record<'server' | 'ca' | 'crl', Date>>>
}>

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const CRLS = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g

/** Checks that the parts belong together and can be served now, since OpenSSL would only find out per handshake. */
export async function checkCertificates(texts: CertificateTexts, now: Date): Promise<CertificateSet> {
  const chain = certificatesIn(texts.cert, 'the server certificate')
  const authorities = certificatesIn(texts.ca, 'the CA bundle')
  checkServer(chain, texts.key, now)
  const trusted = authorities.filter((each) => isValid(each, now))
  if (trusted.length === 0) throw new Error('the CA bundle holds no certificate that is valid now')

  const crls = texts.crl === undefined ? undefined : (texts.crl.match(CRLS) ?? [])
  const crlEnd = crls === undefined ? undefined : await checkCrls(crls, trusted, now)
  const context: SecureContextOptions = {
    // As they were checked. OpenSSL reads nothing from where two run into each other without a line end, and says nothing.
    cert: pemOf(chain),
    key: texts.key,
    ca: pemOf(authorities),
    // One list per entry: Node reads only the first of a text.
    ...(crls === undefined ? {} : { crl: crls }),
    minVersion: 'TLSv1.2',
  }
  createSecureContext(context)
  return {
    context,
    expiry: {
      server: earliest(chain.map((each) => each.validToDate)),
      ca: earliest(trusted.map((each) => each.validToDate)),
      ...(crlEnd === undefined ? {} : { crl: crlEnd }),
    },
  }
}

function certificatesIn(text: string, what: string): X509Certificate[] {
  const blocks = text.match(CERTIFICATES) ?? []
  if (blocks.length === 0) throw new Error(`${what} holds no certificate`)
  return blocks.map((block) => new X509Certificate(block))
}

const pemOf = (certificates: readonly X509Certificate[]): string => certificates.map(String).join('')

function checkServer(chain: readonly X509Certificate[], keyText: string, now: Date): void {
  const [leaf] = chain
  if (leaf === undefined || !leaf.checkPrivateKey(privateKeyIn(keyText))) {
    throw new Error('the key does not belong to the server certificate')
  }
  if (!chain.every((each) => isValid(each, now))) throw new Error('the server certificate is not valid now')
  for (const [index, issuer] of chain.slice(1).entries()) {
    if (chain[index]?.checkIssued(issuer) !== true) throw new Error('the chain of the server certificate is broken')
  }
}

function privateKeyIn(text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch (cause) {
    throw new Error('the server key is not a private key in PEM', { cause })
  }
}

const isValid = (certificate: X509Certificate, now: Date): boolean =>
  certificate.validFromDate <= now && now < certificate.validToDate

/** OpenSSL refuses every client of an authority without a current list, so each must have one. */
async function checkCrls(blocks: readonly string[], authorities: readonly X509Certificate[], now: Date): Promise<Date> {
  const lists = blocks.map((block) => new X509Crl(PemConverter.decodeFirst(block)))
  for (const authority of authorities) {
    const verdicts = await Promise.all(lists.map((list) => isListOf(list, authority)))
    const own = lists.filter((_, index) => verdicts[index])
    if (own.length === 0) throw new Error('an authority of the CA bundle has no revocation list')
    if (!own.some(({ nextUpdate }) => nextUpdate === undefined || nextUpdate > now)) {
      throw new Error('a revocation list has expired')
    }
  }
  return earliest(lists.flatMap(({ nextUpdate }) => nextUpdate ?? []))
}

function isListOf(list: X509Crl, authority: X509Certificate): Promise<boolean> {
  const { publicKey, subject } = new Authority(authority.raw)
  return list.issuer === subject ? list.verify({ publicKey }) : Promise.resolve(false)
}

const earliest = (dates: readonly Date[]): Date => new Date(Math.min(...dates.map(Number)))
