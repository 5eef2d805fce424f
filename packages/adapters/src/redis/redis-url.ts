export type RedisNode = Readonly<{ host: string; port: number }>

type Login = Readonly<{ username?: string; password?: string }>

/** Where the keys live: one server, a set of sentinels that know the master, or some nodes of a cluster. */
export type RedisTarget =
  | (Login & Readonly<{ kind: 'server'; node: RedisNode; db: number; tls: boolean }>)
  | (Login & Readonly<{ kind: 'sentinel'; sentinels: readonly RedisNode[]; name: string; db: number }>)
  | (Login & Readonly<{ kind: 'cluster'; nodes: readonly RedisNode[] }>)

const PORT = 6379
const SENTINEL_PORT = 26379

const SHAPE = /^(redis|rediss|redis\+sentinel|redis\+cluster):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/

/**
 * `redis://host:port/db`, `rediss://…`, `redis+sentinel://h1,h2/name/db`, `redis+cluster://h1,h2`. WHATWG URLs know no lists of
 * hosts. Throws a TypeError that does not quote the URL: it may hold a password.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const [, scheme, login, hosts, path = ''] = SHAPE.exec(url) ?? []
  if (hosts === undefined) throw malformed('is not redis://, rediss://, redis+sentinel:// or redis+cluster://')
  const who = loginOf(login)
  if (scheme === 'redis+cluster') {
    if (path !== '') throw malformed('names a database, which a cluster does not have')
    return { kind: 'cluster', nodes: nodesOf(hosts, PORT), ...who }
  }
  if (scheme === 'redis+sentinel') {
    const [name = '', db = ''] = path.split('/')
    if (name === '') throw malformed('does not name the master that its sentinels watch')
    return { kind: 'sentinel', sentinels: nodesOf(hosts, SENTINEL_PORT), name: decoded(name), db: dbOf(db), ...who }
  }
  const [node, ...others] = nodesOf(hosts, PORT)
  if (node === undefined || others.length > 0)
    throw malformed('names several servers that are neither sentinels nor a cluster')
  return { kind: 'server', node, db: dbOf(path), tls: scheme === 'rediss', ...who }
}

const malformed = (what: string) => new TypeError(`the Redis URL ${what}`)

function loginOf(text: string | undefined): Login {
  if (text === undefined || text === '') return {}
  const colon = text.indexOf(':')
  const username = decoded(colon === -1 ? text : text.slice(0, colon))
  const password = colon === -1 ? '' : decoded(text.slice(colon + 1))
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformed('holds a broken percent-encoding')
  }
}

const nodesOf = (hosts: string, port: number) => hosts.split(',').map((text) => nodeOf(text, port))

function nodeOf(text: string, defaultPort: number): RedisNode {
  const [, v6, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = v6 ?? name
  const number = port === undefined ? defaultPort : Number(port)
  if (host === undefined || number < 1 || number > 65_535) throw malformed('has a host or port that cannot be')
  return { host, port: number }
}

function dbOf(text: string): number {
  if (!/^\d{0,4}$/.test(text)) throw malformed('has a database that is no number')
  return Number(text)
}
