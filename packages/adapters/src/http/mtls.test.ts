import { createAuthority, createCrl, issueCertificate } from '@oms/devstack/pki'
import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { httpDoubles } from '../../test/support/http-doubles.ts'
import { until } from '../../test/support/until.ts'
import { createServer, openMutualTls } from './index.ts'

type Tap = Pick<typeof t, 'teardown' | 'testdir'>
type Pair = { certificate: string; key: string }

const SPIFFE = 'spiffe://oms.test/smpp-connector'
const ca = await createAuthority({ cn: 'Test CA' })
const otherCa = await createAuthority({ cn: 'Other CA' })
const serverPair = await issueCertificate({ ca, cn: 'internal-api', dnsNames: ['localhost'] })
const connector = await issueCertificate({ ca, cn: 'x', uris: [SPIFFE] })
const stranger = await issueCertificate({ ca, cn: 'stranger' })
const noneRevoked = await createCrl(ca, [])

// An alert, or what is left of one when the client was still writing as the server closed.
const REFUSED_IN_TLS = /^ERR_SSL_|^EPROTO$|^ECONNRESET$|^EPIPE$/

/** What the routes of these tests call themselves. */
const ROUTES = ['credentials', 'snapshot']

type Files = { cert: string; key: string; ca: string; crl: string; clients: string }

const firstFiles = (): Files => ({
  cert: serverPair.certificate,
  key: serverPair.key,
  ca: ca.certificate,
  crl: noneRevoked,
  clients: JSON.stringify({ [SPIFFE]: ['credentials'], 'dns.client': ['credentials'], 'cn-client': ['credentials'] }),
})

/** A volume as Kubernetes mounts it: files are links into `..data`, itself a link that is swapped. */
function mount(dir: string) {
  let revision = 0
  const write = (files: Files): void => {
    const name = `rev${++revision}`
    mkdirSync(`${dir}/${name}`)
    for (const [file, text] of Object.entries(files)) writeFileSync(`${dir}/${name}/${file}`, text)
    symlinkSync(name, `${dir}/next`)
    renameSync(`${dir}/next`, `${dir}/..data`)
  }
  const paths = { cert: '', key: '', ca: '', crl: '', clients: '' }
  for (const file of Object.keys(paths) as (keyof Files)[]) {
    symlinkSync(`..data/${file}`, `${dir}/${file}`)
    paths[file] = `${dir}/${file}`
  }
  return { write, paths }
}

async function start(t: Tap, { maxConnectionAgeMs = 600_000 } = {}) {
  const volume = mount(t.testdir({}))
  volume.write(firstFiles())
  const gauges: Record<string, number> = {}
  const doubles = httpDoubles()
  const mtls = await openMutualTls({
    routes: ROUTES,
    paths: volume.paths,
    log: doubles.log,
    metrics: {
      certificateExpiry: { set: ({ certificate }, days) => void (gauges[certificate] = days) },
      certificateReloadFailed: { set: ({ file }, value) => void (gauges[`${file} refused`] = value) },
    },
    pollMs: 15,
    maxConnectionAgeMs,
  })
  const app = createServer({ ...doubles, https: mtls.https })
  mtls.guard(app)
  const slow = Promise.withResolvers<void>()
  let waiting = 0
  app.get('/credentials', { config: { client: 'credentials' } }, async () => ({ ok: true }))
  app.get('/slow', { config: { client: 'credentials' } }, async () => {
    waiting++
    await slow.promise
    return { ok: true }
  })
  app.get('/snapshot', { config: { client: 'snapshot' } }, async () => ({ ok: true }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  t.teardown(async () => {
    slow.resolve()
    mtls[Symbol.dispose]()
    app.server.closeAllConnections()
    await app.close()
  })

  const tlsOptions = (client: Pair | undefined): ConnectionOptions => ({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca: [ca.certificate, otherCa.certificate],
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  })

  function call(client: Pair | undefined, path = '/credentials', options: object = {}) {
    return new Promise<{ status: number | undefined; code: unknown; connection: string | undefined }>(
      (resolve, reject) => {
        const sent = request({ ...tlsOptions(client), path, agent: false, ...options }, (answer) => {
          let body = ''
          answer.on('data', (chunk: Buffer) => {
            body += chunk.toString()
          })
          answer.on('end', () => {
            const { code } = JSON.parse(body || '{}') as { code?: unknown }
            resolve({ status: answer.statusCode, code, connection: answer.headers.connection })
          })
        })
        sent.on('error', reject).end()
      },
    )
  }

  async function open(client: Pair): Promise<TLSSocket> {
    const socket = connect(tlsOptions(client))
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
    await once(socket, 'secureConnect')
    // One answer proves that the server, too, has finished the handshake.
    socket.write('GET /credentials HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    return socket
  }

  return { ...volume, ...doubles, call, open, gauges, tlsOptions, finishSlow: slow.resolve, waiting: () => waiting }
}

t.test('the identity is the one SPIFFE URI, else the one DNS name, else the common name', async (t) => {
  const { call, lines } = await start(t)
  const issue = (names: Omit<Parameters<typeof issueCertificate>[0], 'ca'>) => issueCertificate({ ca, ...names })
  const allowed = {
    'SPIFFE URI': connector,
    'SPIFFE URI beside a DNS name': await issue({ uris: [SPIFFE], dnsNames: ['a', 'b'], cn: 'x' }),
    'DNS name': await issue({ dnsNames: ['DNS.client'], cn: 'x' }),
    'common name': await issue({ cn: 'cn-client' }),
  }
  for (const [kind, client] of Object.entries(allowed)) t.match(await call(client), { status: 200 }, kind)

  const refused = {
    stranger,
    'two SPIFFE URIs': await issue({ uris: [SPIFFE, 'spiffe://oms.test/other'] }),
    'the same URI twice': await issue({ uris: [SPIFFE, SPIFFE] }),
    'a SPIFFE URI and another': await issue({ uris: [SPIFFE, 'https://x.test/'] }),
    'a URI that is not SPIFFE, DNS allowed': await issue({ uris: ['https://x.test/'], dnsNames: ['dns.client'] }),
    'a SPIFFE URI as prefix': await issue({ uris: [`${SPIFFE}/evil`] }),
    'a dotted path': await issue({ uris: ['spiffe://oms.test/evil/../smpp-connector'] }),
    'two DNS names': await issue({ dnsNames: ['dns.client', 'other'] }),
    'an unknown DNS name, CN allowed': await issue({ dnsNames: ['other'], cn: 'cn-client' }),
    'two common names': await issue({ subject: 'CN=cn-client, CN=other' }),
    'a SPIFFE ID as common name': await issue({ cn: SPIFFE }),
    'no name at all': await issue({}),
  }
  for (const [kind, client] of Object.entries(refused)) {
    t.match(await call(client), { status: 403, code: 'CLIENT_NOT_ALLOWED' }, kind)
  }
  const identities = lines.filter(({ msg }) => msg === 'request').map(({ client }) => client)
  t.same(identities.slice(0, 4), [SPIFFE, SPIFFE, 'dns.client', 'cn-client'])
})

t.test('a client may call only the routes that it is listed for', async (t) => {
  const { call } = await start(t)
  t.match(await call(connector, '/credentials'), { status: 200 })
  t.match(await call(connector, '/credentials', { method: 'HEAD' }), { status: 200 })
  t.match(await call(connector, '/snapshot'), { status: 403, code: 'CLIENT_NOT_ALLOWED' })
  t.match(await call(connector, '/nothing'), { status: 404, code: 'NOT_FOUND' })
})

t.test('without a certificate of our CA the first request fails in TLS, and the log says why', async (t) => {
  const { call, lines } = await start(t)
  const alien = await issueCertificate({ ca: otherCa, uris: [SPIFFE] })
  const expired = await issueCertificate({
    ca,
    uris: [SPIFFE],
    days: 1,
    notBefore: new Date(Date.now() - 3 * 86_400_000),
  })
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    await t.rejects(call(undefined, '/credentials', { maxVersion }), { code: REFUSED_IN_TLS })
    await t.rejects(call(alien, '/credentials', { maxVersion }), { code: REFUSED_IN_TLS })
    await t.rejects(call(expired, '/credentials', { maxVersion }), { code: REFUSED_IN_TLS })
  }
  await t.rejects(
    call(connector, '/credentials', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
  )
  const refusals = () => new Set(lines.filter(({ msg }) => msg === 'TLS handshake refused').map(({ reason }) => reason))
  await until(() => refusals().size >= 4)
  for (const reason of [
    'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    'UNABLE_TO_GET_CRL', // of an authority that is not ours
    'CERT_HAS_EXPIRED',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
  ])
    t.ok(refusals().has(reason), `${reason} among ${[...refusals()].join(', ')}`)
})

t.test('a route that does not say who may call it does not register', async (t) => {
  const mtls = await openMutualTls({
    routes: ROUTES,
    paths: (() => {
      const volume = mount(t.testdir({}))
      volume.write(firstFiles())
      return volume.paths
    })(),
    log: httpDoubles().log,
    metrics: { certificateExpiry: { set() {} }, certificateReloadFailed: { set() {} } },
  })
  t.teardown(() => mtls[Symbol.dispose]())
  const app = createServer({ ...httpDoubles(), https: mtls.https })
  mtls.guard(app)
  t.throws(() => app.get('/open', async () => ({})), /does not say which clients/)
})

const serialOf = (socket: TLSSocket): string => socket.getPeerCertificate().serialNumber

t.test('a new server certificate is swapped in without failing a request or closing a connection', async (t) => {
  const { call, open, write, gauges } = await start(t)
  const kept = await open(connector)
  const before = serialOf(kept)
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  t.teardown(() => agent.destroy())
  const outcomes: (number | undefined)[] = []
  let running = true
  const load = (async () => {
    while (running) outcomes.push((await call(connector, '/credentials', { agent })).status)
  })()

  const renewed = await issueCertificate({ ca, cn: 'internal-api', dnsNames: ['localhost'], days: 40 })
  write({ ...firstFiles(), cert: renewed.certificate, key: renewed.key })
  await until(async () => serialOf(await open(connector)) !== before)
  running = false
  await load
  t.ok(outcomes.length > 0)
  t.same([...new Set(outcomes)], [200])
  t.notOk(kept.destroyed, 'open connections go on')
  t.ok((gauges.server ?? 0) > 39 && (gauges.server ?? 0) < 41)
})

t.test('a bad set is refused with an alert, the old one stays, and a good one ends the alert', async (t) => {
  const { call, write, gauges, lines } = await start(t)
  const good = firstFiles()
  const expired = await issueCertificate({ ca, cn: 'x', days: 1, notBefore: new Date(Date.now() - 3 * 86_400_000) })
  const bad: Record<string, Partial<Files>> = {
    'a key of another certificate': { key: stranger.key },
    'no certificate': { cert: 'nothing' },
    'an expired certificate': { cert: expired.certificate, key: expired.key },
    'a broken chain': { cert: `${serverPair.certificate}\n${otherCa.certificate}` },
    'a broken CA': { ca: 'nothing' },
    'a CRL of another CA': { crl: await createCrl(otherCa, []) },
    'an expired CRL': { crl: await createCrl(ca, [], { days: 1, notBefore: new Date(Date.now() - 3 * 86_400_000) }) },
    'no CRL': { crl: '' },
    'a torn key': { key: serverPair.key.slice(0, 40) },
  }
  for (const [kind, files] of Object.entries(bad)) {
    const errors = lines.filter(({ level }) => level === 50).length
    write({ ...good, ...files })
    await until(() => gauges['certificates refused'] === 1)
    t.equal(lines.filter(({ level }) => level === 50).length, errors + 1, kind)
    t.match(await call(connector), { status: 200 }, kind)
    write(good)
    await until(() => gauges['certificates refused'] === 0)
  }
  write({ ...good, clients: '{"x":"y"}' })
  await until(() => gauges['clients refused'] === 1)
  t.match(await call(connector), { status: 200 })
  t.notOk(JSON.stringify(lines).includes('PRIVATE KEY'))
})

t.test('a revoked client is refused, and its open connections close after their current answer', async (t) => {
  const { call, open, write, finishSlow, waiting } = await start(t)
  const idle = await open(connector)
  const inFlight = call(connector, '/slow', { agent: new Agent({ keepAlive: true }) })
  const busy = await open(connector)
  busy.write('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(() => waiting() === 2)

  write({ ...firstFiles(), crl: await createCrl(ca, [connector.serial]) })
  await until(() => idle.destroyed)
  await t.rejects(call(connector), { code: REFUSED_IN_TLS })
  t.match(await call(stranger), { status: 403 }, 'others are served as before')

  let answer = ''
  busy.on('data', (chunk: Buffer) => {
    answer += chunk.toString()
  })
  finishSlow()
  t.match(await inFlight, { status: 200, connection: 'close' })
  await until(() => busy.destroyed)
  t.match(answer, /^HTTP\/1.1 200 OK\r\n[^]*connection: close\r\n[^]*\{"ok":true\}$/i)
})

t.test('a changed list of clients holds from the next request on', async (t) => {
  const { call, open, write } = await start(t)
  const idle = await open(connector)
  write({ ...firstFiles(), clients: JSON.stringify({ stranger: ['credentials'] }) })
  await until(() => idle.destroyed)
  t.match(await call(connector), { status: 403, code: 'CLIENT_NOT_ALLOWED' })
  t.match(await call(stranger), { status: 200 })
})

t.test('a CA that is added is trusted from then on, one that is taken away is not', async (t) => {
  const { call, write } = await start(t)
  const alien = await issueCertificate({ ca: otherCa, uris: [SPIFFE] })
  await t.rejects(call(alien))
  write({
    ...firstFiles(),
    // As `cat` makes it of files that end without a line end.
    ca: `${ca.certificate.trimEnd()}${otherCa.certificate.trimEnd()}`,
    crl: `${noneRevoked.trimEnd()}${await createCrl(otherCa, [])}`,
  })
  await until(async () => (await call(alien).catch(() => undefined))?.status === 200)
  t.match(await call(connector), { status: 200 })
  write(firstFiles())
  await until(async () => (await call(alien).catch(() => undefined)) === undefined)
  t.match(await call(connector), { status: 200 })
})

t.test('a connection does not outlive its age', async (t) => {
  const { open } = await start(t, { maxConnectionAgeMs: 200 })
  const socket = await open(connector)
  await until(() => socket.destroyed)
  t.ok(socket.destroyed)
})

t.test('a bad first set does not start', async (t) => {
  const volume = mount(t.testdir({}))
  volume.write({ ...firstFiles(), key: stranger.key })
  const metrics = { certificateExpiry: { set() {} }, certificateReloadFailed: { set() {} } }
  const { log } = httpDoubles()
  await t.rejects(openMutualTls({ routes: ROUTES, paths: volume.paths, log, metrics }), /key does not belong/)
  volume.write({ ...firstFiles(), clients: JSON.stringify({ 'cn-client': ['credential'] }) })
  await t.rejects(
    openMutualTls({ routes: ROUTES, paths: volume.paths, log, metrics }),
    /credential\b/,
    'a route misspelt',
  )
  volume.write({ ...firstFiles(), clients: 'nothing' })
  await t.rejects(openMutualTls({ routes: ROUTES, paths: volume.paths, log, metrics }), /not JSON/)
  rmSync(volume.paths.clients)
  await t.rejects(openMutualTls({ routes: ROUTES, paths: volume.paths, log, metrics }), { code: 'ENOENT' })
})
