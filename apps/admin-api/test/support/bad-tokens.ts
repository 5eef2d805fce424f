import type { Service } from '@oms/testkit'
import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'

export type BadToken = Readonly<{
  title: string
  status: 401 | 403
  headers: Readonly<Record<string, string | readonly string[]>>
}>

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** Everything that must not open the API, made from what does. */
export async function badTokens({ token, jwtKeys }: Pick<Service, 'token' | 'jwtKeys'>): Promise<BadToken[]> {
  const good = await token()
  const [header = '', payload = '', signature = ''] = good.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>
  const publicKey = await readFile(jwtKeys.publicKeyPath, 'utf8')
  const privateKey = createPrivateKey(await readFile(jwtKeys.privateKeyPath, 'utf8'))

  const es256 = (body: object, key = privateKey, head: object = { alg: 'ES256', typ: 'JWT' }): string => {
    const signed = `${encode(head)}.${encode(body)}`
    return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const hmac = (alg: 'HS256' | 'HS512', key: string): string => {
    const signed = `${encode({ alg, typ: 'JWT' })}.${payload}`
    return `${signed}.${createHmac(alg === 'HS256' ? 'sha256' : 'sha512', key)
      .update(signed)
      .digest('base64url')}`
  }
  const without = (claim: string): string => {
    const { [claim]: _, ...rest } = claims
    return es256(rest)
  }
  const now = Math.floor(Date.now() / 1_000)
  const bearer = (title: string, jwt: string): BadToken => ({
    title,
    status: 401,
    headers: { authorization: `Bearer ${jwt}` },
  })
  const header401 = (title: string, authorization: string | readonly string[]): BadToken => ({
    title,
    status: 401,
    headers: { authorization },
  })
  const forbidden = async (title: string, scope: string | readonly string[]): Promise<BadToken> => ({
    title,
    status: 403,
    headers: { authorization: `Bearer ${await token({ scope })}` },
  })

  return [
    header401('no token', []),
    header401('an empty header', ' '),
    header401('another scheme', `Basic ${Buffer.from('admin:admin').toString('base64')}`),
    header401('a token without its scheme', good),
    header401('two tokens in one header', `Bearer ${good}, Bearer ${good}`),
    header401('two headers, the first of which is good', [`Bearer ${good}`, `Bearer ${good}x`]),
    header401('two headers, the second of which is good', [`Bearer ${good}x`, `Bearer ${good}`]),
    bearer('no JWT', 'abc'),
    bearer('three dots of nothing', '..'),
    bearer('a very long token', `${header}.${'A'.repeat(8_000)}.${signature}`),
    bearer('expired', await token({ expiresIn: -3_600 })),
    bearer('expired beyond the leeway', es256({ ...claims, exp: now - 60 })),
    bearer('not yet valid', es256({ ...claims, nbf: now + 600 })),
    bearer('another issuer', await token({ issuer: 'https://elsewhere.example' })),
    bearer('another audience', await token({ audience: 'another-service' })),
    bearer('alg none', `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`),
    bearer('alg None with the signature kept', `${encode({ alg: 'None', typ: 'JWT' })}.${payload}.${signature}`),
    bearer('HS256 signed with the public key', hmac('HS256', publicKey)),
    bearer('HS256 signed with the trimmed public key', hmac('HS256', publicKey.trim())),
    bearer('HS512 signed with the public key', hmac('HS512', publicKey)),
    bearer('the key of somebody else', es256(claims, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)),
    bearer('a key that the token brings along', strange(claims)),
    bearer('other claims under the signature', `${header}.${encode({ ...claims, sub: 'root' })}.${signature}`),
    bearer('no signature', `${header}.${payload}.`),
    bearer('an unknown critical header', es256(claims, privateKey, { alg: 'ES256', crit: ['x'], x: 1 })),
    bearer('no expiry', without('exp')),
    bearer('no subject', without('sub')),
    bearer('no issuer', without('iss')),
    bearer('no audience', without('aud')),
    bearer('a subject with a line end', es256({ ...claims, sub: 'a\nb' })),
    bearer('a subject that is no text', es256({ ...claims, sub: 7 })),
    bearer('claims that are no object', es256([claims])),
    await forbidden('no scope', ''),
    await forbidden('the scope to read', 'ops:read'),
    await forbidden('a scope that begins alike', 'ops:administrator xops:admin ops:admin/x'),
    await forbidden('scopes in an array without the one', ['ops:read', 'openid']),
    {
      title: 'X-Admin-Id differs',
      status: 403,
      headers: { authorization: `Bearer ${good}`, 'x-admin-id': 'somebody' },
    },
    {
      title: 'X-Admin-Id twice',
      status: 403,
      headers: { authorization: `Bearer ${good}`, 'x-admin-id': ['test-admin', 'somebody'] },
    },
  ]
}

function strange(claims: object): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = `${encode({ alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}
