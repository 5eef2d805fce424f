import { until } from '@oms/devstack/clients'
import { createAuthority, createDevPki, issueCertificate } from '@oms/devstack/pki'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { env } from 'node:process'
import t from 'tap'
import { type Handler, startTlsServer } from '../test/support/tls-server.ts'
import { createInternalApi } from './internal-api.ts'
import type { Problem } from './observer.ts'
import { TIMING } from './timing.ts'

type Tap = Pick<typeof t, 'teardown' | 'testdir'>
type Texts = Record<'cert' | 'key' | 'ca', string>

const pki = await createDevPki(t.testdir({}))
const textsOf = (name: 'smpp-connector' | 'routing-engine'): Texts => ({
  cert: readFileSync(pki.clients[name].cert, 'utf8'),
  key: readFileSync(pki.clients[name].key, 'utf8'),
  ca: readFileSync(pki.ca, 'utf8'),
})

/** A volume as Kubernetes mounts it: files are links into `..data`, itself a link that is swapped. */
function mount(dir: string) {
  let revision = 0
  const paths: Texts = { cert: `${dir}/cert`, key: `${dir}/key`, ca: `${dir}/ca` }
  for (const file of Object.keys(paths)) symlinkSync(`..data/${file}`, `${dir}/${file}`)
  const write = (texts: Texts): void => {
    const name = `rev${++revision}`
    mkdirSync(`${dir}/${name}`)
    for (const [file, text] of Object.entries(texts)) writeFileSync(`${dir}/${name}/${file}`, text)
    symlinkSync(name, `${dir}/next`)
    renameSync(`${dir}/next`, `${dir}/..data`)
  }
  return { paths, write, unmount: () => rmSync(`${dir}/..data`) }
}

async function start(t: Tap, handler: Handler) {
  const server = await startTlsServer(t, pki, handler)
  const volume = mount(t.testdir({}))
  const problems: Problem[] = []
  const open = () => {
    const api = createInternalApi({
      url: server.url,
      tls: volume.paths,
      timing: { ...TIMING, requestTimeout: 30_000, certificatePoll: 10 },
      onProblem: (problem) => problems.push(problem),
    })
    t.teardown(() => void api.close())
    return api
  }
  return { ...volume, requests: server.paths, connections: server.open, problems, openApi: open }
}

t.test('certificates come into force without a restart, and a bad set never does', async (t) => {
  let finishSlow = () => {}
  const { openApi, write, unmount, problems, requests, connections } = await start(t, ({ socket, url }, response) => {
    const answer = () => response.end(JSON.stringify(socket.getPeerCertificate().subject.CN))
    if (url?.endsWith('/slow')) finishSlow = answer
    else answer()
  })
  const api = openApi()
  const told = (count: number) => until(`${count} problems`, async () => (problems.length === count ? true : null))
  await t.rejects(api.get('/who'), { code: 'UNAVAILABLE', message: /ENOENT/ })
  await t.rejects(api.get('/who'), { code: 'UNAVAILABLE' })
  t.match(problems, [{ source: 'certificates', message: /ENOENT/ }], 'told once')

  write(textsOf('smpp-connector'))
  t.equal(await api.get('/who'), 'smpp-connector', 'from the next request on')
  t.match(problems.slice(1), [{ source: 'certificates', message: /in use/ }])

  const slow = api.get('/slow')
  await until('it is under way', async () => (requests.at(-1)?.endsWith('/slow') ? true : null))
  write(textsOf('routing-engine'))
  await until('the new one is in force', async () => ((await api.get('/who')) === 'routing-engine' ? true : null))
  finishSlow()
  t.equal(await slow, 'smpp-connector', 'what was under way ends as it began')
  await until('its connection is not kept', async () => (connections() === 1 ? true : null))
  t.equal(problems.length, 2)

  const expired = await issueCertificate({
    ca: { certificate: textsOf('routing-engine').ca, key: readFileSync(pki.authority.key, 'utf8') },
    cn: 'expired',
    days: 1,
    notBefore: new Date(Date.now() - 3 * 86_400_000),
  })
  const good = textsOf('routing-engine')
  const bad: Record<string, Texts | undefined> = {
    'a key of another certificate': { ...good, key: textsOf('smpp-connector').key },
    'an expired certificate': { ...good, cert: expired.certificate, key: expired.key },
    'a torn certificate': { ...good, cert: good.cert.slice(0, 200) },
    'a torn key': { ...good, key: good.key.slice(0, 60) },
    'a second CA that is torn': { ...good, ca: good.ca + good.ca.slice(0, 200) },
    'no CA': { ...good, ca: '' },
    'no files': undefined,
  }
  for (const [kind, texts] of Object.entries(bad)) {
    const before = problems.length
    if (texts === undefined) unmount()
    else write(texts)
    await told(before + 1)
    t.match(problems.at(-1), { source: 'certificates', message: /cannot be used .* stay in use/ }, kind)
    t.equal(await api.get('/who'), 'routing-engine', kind)
    write(good)
    await told(before + 2)
  }
  t.notOk(JSON.stringify(problems).includes('PRIVATE KEY'))
})

t.test('a server of another authority is refused, whatever the environment says', async (t) => {
  const { openApi, write, requests } = await start(t, (_, response) => void response.end('{}'))
  const stranger = await createAuthority({ cn: 'Another CA' })
  write({ ...textsOf('smpp-connector'), ca: stranger.certificate })
  env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => delete env.NODE_TLS_REJECT_UNAUTHORIZED)
  const api = openApi()
  await t.rejects(api.get('/who'), { code: 'UNAVAILABLE', message: /UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET/ })
  t.same(requests, [])
})

t.test('of two authorities that `cat` has joined without a line end both are trusted', async (t) => {
  const { openApi, write } = await start(t, (_, response) => void response.end('{}'))
  const { ca, ...own } = textsOf('smpp-connector')
  const other = await createAuthority({ cn: 'Another CA' })
  write({ ...own, ca: ca.trimEnd() + other.certificate })
  t.same(await openApi().get('/who'), {})
})
