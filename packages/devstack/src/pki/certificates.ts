// x509 resolves its parts by decorator metadata, and wants this loaded before it.
import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509'
import { keyPairOf, newKeyPair, SIGNATURE } from './keys.ts'

/** A certificate with its private key, both PEM. */
export type Identity = Readonly<{ certificate: string; key: string }>

type Validity = Readonly<{ days?: number; notBefore?: Date }>

export type AuthorityRequest = Validity & Readonly<{ cn: string }>

export type CertificateRequest = Validity &
  Readonly<{
    ca: Identity
    /** An RFC 4514 distinguished name, `CN=a, O=b`; `cn` is the short form. Without either the subject is empty. */
    subject?: string
    cn?: string
    dnsNames?: readonly string[]
    uris?: readonly string[]
    ipAddresses?: readonly string[]
  }>

/** A self-signed authority that may sign end entities and revocation lists. */
export async function createAuthority({ cn, ...validity }: AuthorityRequest): Promise<Identity> {
  const pair = await newKeyPair()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [cn] }],
    keys: pair,
    signingAlgorithm: SIGNATURE,
    ...period(validity),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(pair.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: pair.pem }
}

/** A certificate for both ends of TLS, with any mixture of names; `serial` (hexadecimal) is what a revocation list takes. */
export async function issueCertificate(request: CertificateRequest): Promise<Identity & Readonly<{ serial: string }>> {
  const issuer = new X509Certificate(request.ca.certificate)
  const { privateKey: signingKey } = await keyPairOf(request.ca.key)
  const pair = await newKeyPair()
  const names = alternativeNames(request)
  const subject = request.subject ?? (request.cn === undefined ? [] : [{ CN: [request.cn] }])
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer.subjectName,
    publicKey: pair.publicKey,
    signingKey,
    signingAlgorithm: SIGNATURE,
    ...period(request),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      await SubjectKeyIdentifierExtension.create(pair.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      // RFC 5280 §4.2.1.6: critical where the subject is empty.
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names, subject.length === 0)] : []),
    ],
  })
  return { certificate: certificate.toString('pem'), key: pair.pem, serial: certificate.serialNumber }
}

/** The list, as PEM, of the authority's certificates that are no longer good. */
export async function createCrl(
  ca: Identity,
  revokedSerials: readonly string[],
  validity: Validity = {},
): Promise<string> {
  const { privateKey: signingKey } = await keyPairOf(ca.key)
  const { notBefore: thisUpdate, notAfter: nextUpdate } = period({ days: 30, ...validity })
  const list = await X509CrlGenerator.create({
    issuer: new X509Certificate(ca.certificate).subjectName,
    thisUpdate,
    nextUpdate,
    entries: revokedSerials.map((serialNumber) => ({ serialNumber, revocationDate: thisUpdate })),
    signingKey,
    signingAlgorithm: SIGNATURE,
  })
  return pem('X509 CRL', list.rawData) // RFC 7468 §6; the library's own label is not the one that OpenSSL reads
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

const DAY_MS = 86_400_000
// Peers' clocks differ a little.
const BACKDATED_MS = 300_000

function period({ days = 365, notBefore = new Date(Date.now() - BACKDATED_MS) }: Validity) {
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * DAY_MS) }
}

function alternativeNames({ dnsNames = [], uris = [], ipAddresses = [] }: CertificateRequest): JsonGeneralName[] {
  return [
    ...dnsNames.map((value) => ({ type: 'dns', value }) as const),
    ...uris.map((value) => ({ type: 'url', value }) as const),
    ...ipAddresses.map((value) => ({ type: 'ip', value }) as const),
  ]
}
