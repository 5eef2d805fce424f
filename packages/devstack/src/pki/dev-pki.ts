import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join, resolve } from 'node:path'
import { type CertificateRequest, createAuthority, type Identity, issueCertificate } from './certificates.ts'
import { readIfThere, writePrivate } from './files.ts'

/** Absolute paths of PEM files. */
export type IdentityFiles = Readonly<{ cert: string; key: string }>

/** `stranger` is signed by the authority like the others, and belongs on no allow-list. */
export const CLIENTS = ['smpp-connector', 'routing-engine', 'stranger'] as const

export type ClientName = (typeof CLIENTS)[number]

export type DevPki = Readonly<{
  /** The authority's certificate. */
  ca: string
  authority: IdentityFiles
  server: IdentityFiles
  clients: Readonly<Record<ClientName, IdentityFiles>>
}>

const RENEW_BEFORE_DAYS = 30
const AUTHORITY_DAYS = 3_650
const DAY_MS = 86_400_000

const SERVER = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] }

/** An authority, a server certificate for this machine and three client certificates; good ones found in `dir` are kept. */
export async function createDevPki(dir: string): Promise<DevPki> {
  const authority = filesOf(dir, 'ca')
  const ca = await keptOrNew(authority, isGood, () =>
    createAuthority({ cn: 'sms-gateway development CA', days: AUTHORITY_DAYS }),
  )
  const [server, ...clients] = await Promise.all([
    leaf(filesOf(dir, 'server'), { ca, cn: 'server', ...SERVER }),
    ...CLIENTS.map((name) => leaf(filesOf(dir, name), { ca, cn: name, uris: [spiffeId(name)] })),
  ])
  const byName = Object.fromEntries(CLIENTS.map((name, index) => [name, clients[index]]))
  return { ca: authority.cert, authority, server, clients: byName as Record<ClientName, IdentityFiles> }
}

/** The identity that the client's certificate carries as its only URI: https://spiffe.io/docs/latest/spiffe-about/spiffe-concepts/ */
export function spiffeId(client: ClientName): string {
  const namespace = client === 'stranger' ? 'default' : client
  return `spiffe://sms-gateway/ns/${namespace}/sa/${client}`
}

async function leaf(files: IdentityFiles, request: CertificateRequest): Promise<IdentityFiles> {
  const issuer = new X509Certificate(request.ca.certificate)
  const isOurs = (found: Identity) => isGood(found) && new X509Certificate(found.certificate).verify(issuer.publicKey)
  await keptOrNew(files, isOurs, () => issueCertificate(request))
  return files
}

async function keptOrNew(
  { cert, key }: IdentityFiles,
  keep: (found: Identity) => boolean,
  make: () => Promise<Identity>,
): Promise<Identity> {
  const [certificate, privateKey] = await Promise.all([readIfThere(cert), readIfThere(key)])
  if (certificate && privateKey && keep({ certificate, key: privateKey })) return { certificate, key: privateKey }
  const made = await make()
  await writePrivate(key, made.key)
  await writePrivate(cert, made.certificate)
  return made
}

// Also false for a file that is damaged, or for a pair of which only one half was renewed.
function isGood({ certificate, key }: Identity): boolean {
  try {
    const parsed = new X509Certificate(certificate)
    const daysLeft = (parsed.validToDate.getTime() - Date.now()) / DAY_MS
    return daysLeft > RENEW_BEFORE_DAYS && parsed.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

function filesOf(dir: string, name: string): IdentityFiles {
  return { cert: resolve(join(dir, `${name}.pem`)), key: resolve(join(dir, `${name}-key.pem`)) }
}
