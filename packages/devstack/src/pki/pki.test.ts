import { createPublicKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { jwtVerify } from 'jose'
import t from 'tap'
import {
  createAuthority,
  createCrl,
  createDevJwtKeys,
  createDevPki,
  type Identity,
  type IdentityFiles,
  issueCertificate,
  signAdminToken,
} from './index.ts'

t.test('the development identities let the clients in over mutual TLS, under their SPIFFE names', async (t) => {
  const pki = await createDevPki(await folder(t))
  const ca = await readFile(pki.ca, 'utf8')
  const server = await identityIn(pki.server)
  for (const [name, files] of Object.entries(pki.clients)) {
    const seen = await handshake({ ca, server, client: await identityIn(files) })
    const namespace = name === 'stranger' ? 'default' : name
    t.match(seen, { refusal: undefined, names: `URI:spiffe://sms-gateway/ns/${namespace}/sa/${name}` })
  }
  const names = new X509Certificate(server.certificate)
  t.ok(names.checkHost('localhost'))
  t.ok(names.checkIP('127.0.0.1'))
  t.ok(names.checkIP('::1'))
})

t.test('a client of another authority is refused', async (t) => {
  const [ours, theirs] = await Promise.all([createAuthority({ cn: 'a' }), createAuthority({ cn: 'a' })])
  const server = await issueCertificate({ ca: ours, dnsNames: ['localhost'] })
  const client = await issueCertificate({ ca: theirs, cn: 'x' })
  t.equal((await handshake({ ca: ours.certificate, server, client })).refusal, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
})

t.test('identities are for their owner only, absolute, and kept the next time', async (t) => {
  const dir = await folder(t)
  const first = await createDevPki(dir)
  const before = await contents(dir)
  t.same(await createDevPki(dir), first)
  t.same(await contents(dir), before)
  for (const name of await readdir(dir)) t.equal((await stat(join(dir, name))).mode & 0o777, 0o600, name)
  t.ok(isAbsolute(first.server.cert))
})

t.test('an identity that ends within thirty days, is damaged or of another authority is renewed', async (t) => {
  const dir = await folder(t)
  const pki = await createDevPki(dir)
  const ca = await identityIn(pki.authority)
  const stranger = await identityIn(pki.clients.stranger)
  const ending = await issueCertificate({ ca, cn: 'server', days: 29 })
  await writeFile(pki.server.cert, ending.certificate)
  await writeFile(pki.server.key, ending.key)
  await writeFile(pki.clients['smpp-connector'].cert, 'damaged')
  const kept = await issueCertificate({ ca, cn: 'routing-engine', days: 31 })
  await writeFile(pki.clients['routing-engine'].cert, kept.certificate)
  await writeFile(pki.clients['routing-engine'].key, kept.key)

  await createDevPki(dir)
  t.not((await identityIn(pki.server)).certificate, ending.certificate)
  t.not((await identityIn(pki.clients['smpp-connector'])).certificate, 'damaged')
  t.equal((await identityIn(pki.clients['routing-engine'])).certificate, kept.certificate)
  t.same(await identityIn(pki.clients.stranger), stranger)

  await rm(pki.authority.key)
  await createDevPki(dir)
  t.not((await identityIn(pki.authority)).certificate, ca.certificate)
  const renewed = await identityIn(pki.clients.stranger)
  t.not(renewed.certificate, stranger.certificate)
  const anew = { ca: await readFile(pki.ca, 'utf8'), server: await identityIn(pki.server), client: renewed }
  t.equal((await handshake(anew)).refusal, undefined)
})

t.test('a certificate carries the names that were asked for, and no others', async (t) => {
  const ca = await createAuthority({ cn: 'authority' })
  const all = await issueCertificate({
    ca,
    cn: 'common',
    dnsNames: ['a.example', 'b.example'],
    uris: ['spiffe://sms-gateway/ns/a/sa/a', 'https://a.example/'],
    ipAddresses: ['192.0.2.1', '2001:db8::1'],
  })
  const parsed = new X509Certificate(all.certificate)
  t.same(parsed.subjectAltName?.split(', ').sort(), [
    'DNS:a.example',
    'DNS:b.example',
    'IP Address:192.0.2.1',
    'IP Address:2001:DB8:0:0:0:0:0:1',
    'URI:https://a.example/',
    'URI:spiffe://sms-gateway/ns/a/sa/a',
  ])
  t.equal(parsed.subject, 'CN=common')
  t.equal(parsed.ca, false)
  t.ok(parsed.checkIssued(new X509Certificate(ca.certificate)))

  const bare = new X509Certificate((await issueCertificate({ ca, cn: 'common, O=not an organisation' })).certificate)
  t.equal(bare.subjectAltName, undefined)
  t.equal(bare.toLegacyObject().subject.CN, 'common, O=not an organisation')
  const full = new X509Certificate((await issueCertificate({ ca, subject: 'CN=a, O=b' })).certificate)
  t.equal(full.subject, 'CN=a\nO=b')
})

t.test('a certificate without a subject is still accepted', async (t) => {
  const ca = await createAuthority({ cn: 'authority' })
  const server = await issueCertificate({ ca, dnsNames: ['localhost'] })
  const client = await issueCertificate({ ca, uris: ['spiffe://sms-gateway/ns/a/sa/a'] })
  const seen = await handshake({ ca: ca.certificate, server, client })
  t.match(seen, { refusal: undefined, names: 'URI:spiffe://sms-gateway/ns/a/sa/a' })
})

t.test('an expired certificate is refused, and so is one of the future', async (t) => {
  const ca = await createAuthority({
    cn: 'authority',
    days: 3_650,
    notBefore: new Date(Date.now() - 1_000 * 86_400_000),
  })
  const server = await issueCertificate({ ca, dnsNames: ['localhost'] })
  const past = await issueCertificate({ ca, cn: 'x', days: 1, notBefore: new Date(Date.now() - 2 * 86_400_000) })
  const future = await issueCertificate({ ca, cn: 'x', notBefore: new Date(Date.now() + 86_400_000) })
  t.equal((await handshake({ ca: ca.certificate, server, client: past })).refusal, 'CERT_HAS_EXPIRED')
  t.equal((await handshake({ ca: ca.certificate, server, client: future })).refusal, 'CERT_NOT_YET_VALID')
})

t.test('a revoked certificate is refused and the others are not', async (t) => {
  const ca = await createAuthority({ cn: 'authority' })
  const server = await issueCertificate({ ca, dnsNames: ['localhost'] })
  const [revoked, good] = await Promise.all([issueCertificate({ ca, cn: 'x' }), issueCertificate({ ca, cn: 'y' })])
  const crl = await createCrl(ca, [revoked.serial])
  t.equal((await handshake({ ca: ca.certificate, server, client: revoked, crl })).refusal, 'CERT_REVOKED')
  t.match(await handshake({ ca: ca.certificate, server, client: good, crl }), { refusal: undefined, cn: 'y' })
  const empty = await createCrl(ca, [])
  t.match(await handshake({ ca: ca.certificate, server, client: revoked, crl: empty }), { refusal: undefined, cn: 'x' })
})

t.test('an admin token verifies against the public key, and the keys are kept', async (t) => {
  const dir = await folder(t)
  const keys = await createDevJwtKeys(dir)
  const token = await signAdminToken(keys, {
    scope: 'ops:admin',
    subject: 'laila',
    issuer: 'https://idp.example',
    audience: 'ops',
    expiresIn: 60,
  })
  t.same(await createDevJwtKeys(dir), keys)
  const publicKey = createPublicKey(await readFile(keys.publicKeyPath))
  const expected = { issuer: 'https://idp.example', audience: 'ops', algorithms: ['ES256'] }
  const { payload } = await jwtVerify(token, publicKey, expected)
  t.match(payload, { sub: 'laila', scope: 'ops:admin' })
  t.equal((payload.exp ?? 0) - (payload.iat ?? 0), 60)
  t.equal((await stat(keys.privateKeyPath)).mode & 0o777, 0o600)

  const expired = await signAdminToken(keys, {
    scope: ['ops:read'],
    subject: 'a',
    issuer: 'i',
    audience: 'a',
    expiresIn: -60,
  })
  await t.rejects(jwtVerify(expired, publicKey), { code: 'ERR_JWT_EXPIRED' })
})

type Handshake = Readonly<{ ca: string; server: Identity; client: Identity; crl?: string }>

// The client checks the server; what the server finds wrong with the client's certificate is the answer's `refusal`.
async function handshake({ ca, server, client, crl }: Handshake) {
  const options: TlsOptions = {
    ca,
    key: server.key,
    cert: server.certificate,
    requestCert: true,
    rejectUnauthorized: false,
    ...(crl === undefined ? {} : { crl }),
  }
  const listener = createServer(options).listen(0, 'localhost')
  await once(listener, 'listening')
  const { port } = listener.address() as { port: number }
  const socket = connect({ host: 'localhost', port, ca, key: client.key, cert: client.certificate })
  try {
    const [[peer]] = await Promise.all([
      once(listener, 'secureConnection') as Promise<[TLSSocket]>,
      once(socket, 'secureConnect'),
    ])
    const { subject, subjectaltname } = peer.getPeerCertificate()
    const refusal = peer.authorized ? undefined : String(peer.authorizationError)
    peer.destroy()
    return { refusal, names: subjectaltname, cn: subject.CN }
  } finally {
    socket.destroy()
    listener.close()
  }
}

async function identityIn({ cert, key }: IdentityFiles): Promise<Identity> {
  return { certificate: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
}

async function contents(dir: string): Promise<Record<string, string>> {
  const files = (await readdir(dir)).map(async (name) => [name, await readFile(join(dir, name), 'utf8')] as const)
  return Object.fromEntries(await Promise.all(files))
}

async function folder(t: { teardown(end: () => Promise<void>): void }): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'oms-pki-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}
