import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import t from 'tap'
import { httpDoubles } from '../../test/support/http-doubles.ts'
import { authenticate, createJwksSource, createServer, createTokenVerifier, publicKeyFromFile } from './index.ts'
import { createTokenCache } from './token-cache.ts'

type Tap = Pick<typeof t, 'teardown' | 'testdir'>

const ISSUER = 'https://auth.example'
const AUDIENCE = 'operator-management-service'
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const ours = rsa()
const theirs = rsa()
const pem = ours.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const seconds = () => Math.floor(Date.now() / 1_000)

type Shape = { claims?: JWTPayload; key?: KeyObject; kid?: string; exp?: number | undefined; alg?: string }

async function token({ claims = {}, key = ours.privateKey, kid = 'k1', alg = 'RS256', ...rest }: Shape = {}) {
  const exp = 'exp' in rest ? rest.exp : seconds() + 300
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'admin-1', scope: 'ops:admin', ...claims }
  const jwt = new SignJWT(exp === undefined ? payload : { ...payload, exp }).setProtectedHeader({ alg, kid })
  return jwt.sign(key)
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token in parts, signed by hand where jose refuses to. */
function forged(header: object, claims: object, sign: (input: string) => string): string {
  const input = `${encode(header)}.${encode({ iss: ISSUER, aud: AUDIENCE, sub: 'admin-1', scope: 'ops:admin', ...claims })}`
  return `${input}.${sign(input)}`
}

async function start(t: Tap) {
  const path = `${t.testdir({})}/key.pem`
  writeFileSync(path, pem)
  const app = createServer(httpDoubles())
  const verify = createTokenVerifier({ keys: publicKeyFromFile(path), issuer: ISSUER, audience: AUDIENCE })
  await app.register(async (scope) => {
    authenticate(scope, verify)
    scope.get('/', async ({ caller }) => ({ subject: caller.subject, scopes: [...caller.scopes] }))
    scope.post('/', async () => ({ ok: true }))
  })
  t.teardown(() => app.close())
  return async (authorization: string | undefined, method: 'GET' | 'POST' | 'HEAD' = 'GET', headers: object = {}) => {
    const answer = await app.inject({
      method,
      url: '/',
      headers: { ...(authorization === undefined ? {} : { authorization }), ...headers },
    })
    const body = answer.body === '' ? {} : (JSON.parse(answer.body) as Record<string, unknown>)
    return { status: answer.statusCode, code: body.code, challenge: answer.headers['www-authenticate'], body }
  }
}

t.test('a valid token lets its subject in, whatever way the scopes are written', async (t) => {
  const call = await start(t)
  t.match(await call(`Bearer ${await token()}`), { status: 200, body: { subject: 'admin-1', scopes: ['ops:admin'] } })
  for (const claims of [
    { scope: ['ops:admin', 7] },
    { scope: undefined, scp: ['ops:admin'] },
    { scp: 'a ops:admin', scope: '' },
  ]) {
    t.equal((await call(`Bearer ${await token({ claims: claims })}`, 'POST')).status, 200)
  }
  t.equal((await call(`bearer ${await token({ exp: seconds() - 10 })}`)).status, 200, 'within the leeway')
  t.equal((await call(`Bearer ${await token({ claims: { aud: ['x', AUDIENCE] } })}`)).status, 200)
})

t.test('every bad token is 401 with a challenge, and none says why in detail', async (t) => {
  const call = await start(t)
  const exp = seconds() + 300
  const hmac = (secret: string) => (input: string) => createHmac('sha256', secret).update(input).digest('base64url')
  const good = await token()
  const [header = '', payload = ''] = good.split('.')
  const bad: Record<string, string | undefined> = {
    'no header': undefined,
    'another scheme': `Basic ${good}`,
    'not a token': 'Bearer canary',
    'two tokens': `Bearer ${good} ${good}`,
    expired: `Bearer ${await token({ exp: seconds() - 31 })}`,
    'without expiry': `Bearer ${await token({ exp: undefined })}`,
    'not yet valid': `Bearer ${await token({ claims: { nbf: seconds() + 60 } })}`,
    'wrong issuer': `Bearer ${await token({ claims: { iss: 'https://evil.example' } })}`,
    'wrong audience': `Bearer ${await token({ claims: { aud: 'other' } })}`,
    'without subject': `Bearer ${await token({ claims: { sub: undefined } as unknown as JWTPayload })}`,
    'empty subject': `Bearer ${await token({ claims: { sub: '' } })}`,
    'subject with control characters': `Bearer ${await token({ claims: { sub: 'a\nb' } })}`,
    'another key': `Bearer ${await token({ key: theirs.privateKey })}`,
    'alg none': `Bearer ${forged({ alg: 'none' }, { exp }, () => '')}`,
    'alg none with a signature': `Bearer ${forged({ alg: 'none' }, { exp }, () => 'AAAA')}`,
    'HS256 with the public key': `Bearer ${forged({ alg: 'HS256', kid: 'k1' }, { exp }, hmac(pem))}`,
    'a changed payload': `Bearer ${header}.${encode({ iss: ISSUER, aud: AUDIENCE, sub: 'root', exp })}.${good.split('.')[2]}`,
    'a cut signature': `Bearer ${header}.${payload}.`,
    'a critical extension': `Bearer ${forged({ alg: 'RS256', crit: ['x'], x: 1 }, { exp }, () => 'AAAA')}`,
  }
  for (const [name, authorization] of Object.entries(bad)) {
    const answer = await call(authorization)
    t.match(answer, { status: 401, code: 'UNAUTHENTICATED', challenge: /^Bearer realm="/ }, name)
    t.notOk(JSON.stringify(answer.body).includes('canary'))
  }
})

t.test('scopes and X-Admin-Id decide what a known caller may do', async (t) => {
  const call = await start(t)
  const reader = `Bearer ${await token({ claims: { scope: 'openid ops:read' } })}`
  t.equal((await call(reader)).status, 200)
  t.equal((await call(reader, 'HEAD')).status, 200)
  t.match(await call(reader, 'POST'), { status: 403, code: 'FORBIDDEN', challenge: /insufficient_scope/ })
  for (const scope of ['', 'ops:administrator', 'ops:readonly']) {
    t.match(await call(`Bearer ${await token({ claims: { scope } })}`), { status: 403, code: 'FORBIDDEN' })
  }
  const admin = `Bearer ${await token()}`
  t.equal((await call(admin, 'POST', { 'x-admin-id': 'admin-1' })).status, 200)
  t.match(await call(admin, 'POST', { 'x-admin-id': 'admin-2' }), { status: 403, code: 'FORBIDDEN' })
})

/** An issuer whose endpoint can be taken away and brought back at the same port. */
async function startIssuer(t: Tap, keys: () => JWK[]) {
  let fetches = 0
  let up = true
  const server = createHttpServer((_, response) => {
    fetches++
    if (!up) response.writeHead(500).end()
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: keys() }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
  return { url, fetches: () => fetches, setUp: (value: boolean) => void (up = value) }
}

const jwk = async (key: KeyObject, kid: string): Promise<JWK> => ({
  ...(await exportJWK(key)),
  kid,
  alg: 'RS256',
  use: 'sig',
})

async function withJwks(t: Tap, keys: JWK[]) {
  const issuer = await startIssuer(t, () => keys)
  let clock = 0
  const source = createJwksSource({ url: issuer.url, log: httpDoubles().log, now: () => clock })
  const verifier = () => createTokenVerifier({ keys: source, issuer: ISSUER, audience: AUDIENCE })
  const outcome = async (text: string) => {
    try {
      return (await verifier()(text)).subject
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  return { ...issuer, outcome, tick: (ms: number) => void (clock += ms) }
}

const HOUR = 3_600_000

t.test('while no key was ever fetched the answer is 503, not 401, and it heals by itself', async (t) => {
  const { outcome, setUp, tick } = await withJwks(t, [await jwk(ours.publicKey, 'k1')])
  setUp(false)
  t.equal(await outcome(await token()), 'DEPENDENCY_UNAVAILABLE')
  setUp(true)
  tick(1_000)
  t.equal(await outcome(await token()), 'admin-1')
})

t.test('known keys serve for 24 h while the issuer is out of reach, and no longer', async (t) => {
  const { outcome, setUp, tick } = await withJwks(t, [await jwk(ours.publicKey, 'k1')])
  t.equal(await outcome(await token()), 'admin-1')
  setUp(false)
  tick(23.9 * HOUR)
  t.equal(await outcome(await token()), 'admin-1')
  t.equal(await outcome(await token({ key: theirs.privateKey })), 'UNAUTHENTICATED')
  tick(0.2 * HOUR)
  t.equal(await outcome(await token()), 'DEPENDENCY_UNAVAILABLE')
})

t.test('an unknown key id is looked up once per cooldown, which also finds rotated keys', async (t) => {
  const keys = [await jwk(ours.publicKey, 'k1')]
  const { outcome, fetches, tick } = await withJwks(t, keys)
  const rotated = await token({ key: theirs.privateKey, kid: 'k2' })
  t.equal(await outcome(await token()), 'admin-1')
  t.equal(fetches(), 1)
  for (let i = 0; i < 20; i++) t.equal(await outcome(rotated), 'UNAUTHENTICATED')
  t.equal(fetches(), 1, 'within the cooldown')
  keys.push(await jwk(theirs.publicKey, 'k2'))
  tick(30_000)
  t.same(await Promise.all([outcome(rotated), outcome(rotated)]), ['admin-1', 'admin-1'])
  t.equal(fetches(), 2)
})

t.test('an unknown key id while the issuer is out of reach is 503: it may be a rotated key', async (t) => {
  const { outcome, setUp, tick } = await withJwks(t, [await jwk(ours.publicKey, 'k1')])
  t.equal(await outcome(await token()), 'admin-1')
  setUp(false)
  tick(30_000)
  t.equal(await outcome(await token({ key: theirs.privateKey, kid: 'k2' })), 'DEPENDENCY_UNAVAILABLE')
  t.equal(await outcome(await token()), 'admin-1')
})

t.test('verified tokens are verified once, until they expire; the longest unused goes first', async (t) => {
  let lookups = 0
  const keys = async () => {
    lookups++
    return ours.publicKey
  }
  const verify = createTokenVerifier({ keys, issuer: ISSUER, audience: AUDIENCE })
  const text = await token()
  await verify(text)
  await verify(text)
  t.equal(lookups, 1)

  let clock = 0
  const cache = createTokenCache<number>(2, () => clock)
  cache.set('a', 1, 10)
  cache.set('b', 2, 100)
  t.equal(cache.get('a'), 1)
  cache.set('c', 3, 100)
  t.same([cache.get('a'), cache.get('b'), cache.get('c')], [1, undefined, 3])
  clock = 10
  t.equal(cache.get('a'), undefined)
})

t.test('symmetric algorithms cannot be configured in', async (t) => {
  const keys = async () => ours.publicKey
  const verify = createTokenVerifier({ keys, issuer: ISSUER, audience: AUDIENCE, algorithms: ['HS256', 'ES256'] })
  await t.rejects(verify(await token()), { code: 'UNAUTHENTICATED' })
})
