import { type TObject, Type } from '@sinclair/typebox'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import {
  ConfigError,
  commonVariables,
  configurationTable,
  connection,
  databaseVariables,
  jwtRules,
  jwtVariables,
  managementVariables,
  natsVariables,
  proxyRules,
  readConfig,
  readSecretFile,
  redisVariables,
  secretOfAtLeast,
  streamSettings,
  trustedProxies,
  usable,
  vaultRules,
  vaultVariables,
} from './index.ts'

const problemsOf = (read: () => unknown) => {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const schema = Type.Object({
  NAME: Type.String({ minLength: 2 }),
  SIZE: Type.Integer({ minimum: 1, default: 3 }),
  RATE: Type.Number({ default: 0.05 }),
  ON: Type.Boolean({ default: false }),
  MODE: Type.Union([Type.Literal('a'), Type.Literal('b')], { default: 'a' }),
  EXTRA: Type.Optional(Type.String()),
})

t.test('texts become what the schema says, and an empty text counts as absent', async (t) => {
  t.same(readConfig(schema, { NAME: 'xy', SIZE: '7', RATE: '1e-3', ON: 'true', MODE: 'b', EXTRA: '', PATH: '/bin' }), {
    NAME: 'xy',
    SIZE: 7,
    RATE: 0.001,
    ON: true,
    MODE: 'b',
  })
  t.same(readConfig(schema, { NAME: 'xy', SIZE: '', ON: '0' }), {
    NAME: 'xy',
    SIZE: 3,
    RATE: 0.05,
    ON: false,
    MODE: 'a',
  })
})

t.test('every problem is reported at once, and no value is repeated', async (t) => {
  const env = { NAME: 'Q', SIZE: 'Q12', RATE: 'Qx', ON: 'Qyes', MODE: 'Qc' }
  const problems = problemsOf(() => readConfig(schema, env, () => [{ variable: 'EXTRA', message: 'is missed' }]))
  t.same(
    problems.map(({ variable }) => variable),
    ['NAME', 'SIZE', 'RATE', 'ON', 'MODE', 'EXTRA'],
  )
  for (const { message } of problems) t.notOk(message.includes('Q'), message)
  t.match(problems[4], { message: 'expected one of a, b' })
  t.same(problemsOf(() => readConfig(schema, { SIZE: '0' }))[0], { variable: 'NAME', message: 'is required' })
  for (const SIZE of ['0', '1.5', '0x10', ' 3', '9007199254740993']) {
    t.equal(problemsOf(() => readConfig(schema, { NAME: 'xy', SIZE })).length, 1, SIZE)
  }
})

t.test('a URL with a password is refused in production and allowed in development', async (t) => {
  const urls = Type.Object({ ...commonVariables, ...redisVariables, ...natsVariables })
  const refused = (REDIS_URL: string, NATS_URL: string, NODE_ENV: string) =>
    problemsOf(() => readConfig(urls, { NODE_ENV, REDIS_URL, NATS_URL })).map(({ variable }) => variable)

  t.same(refused('redis://:canary@h:6379', 'nats://a:4222,nats://u:canary@b:4222', 'development'), [])
  t.same(refused('redis://:canary@h:6379', 'nats://a:4222,nats://u:canary@b:4222', 'production'), [
    'REDIS_URL',
    'NATS_URL',
  ])
  t.same(refused('redis+sentinel://h1:26379,h2:26379/main', 'nats://token@b:4222', 'production'), ['NATS_URL'])
  t.same(refused('redis+cluster://h1:1,h2:2?password=x', 'nats://b:4222', 'production'), ['REDIS_URL'])
  t.same(refused('rediss://user@h:6380/0', 'tls://b:4222,c:4222', 'production'), [])
  t.same(refused('not a url', 'nats://b', 'development'), ['REDIS_URL'])
})

t.test('a password comes from its file, or in development out of the URL', async (t) => {
  const path = `${t.testdir({ password: 'p@ss\n' })}/password`
  const joined = connection('postgres://ops:old@db:5432/ops', ['DATABASE_PASSWORD_PATH', path])
  t.equal(joined.url, 'postgres://ops@db:5432/ops')
  t.equal(joined.password?.reveal(), 'p@ss')

  const inside = connection('redis://:s%40x@h1:1,h2:2/0')
  t.equal(inside.url, 'redis://h1:1,h2:2/0')
  t.equal(inside.password?.reveal(), 's@x')
  t.notOk(JSON.stringify(inside).includes('s@x'))
  t.same(connection('redis://h', ['REDIS_PASSWORD_PATH', undefined]), { url: 'redis://h' })
})

t.test('a secret file that is absent or empty is a problem of its variable', async (t) => {
  const dir = t.testdir({ empty: '\n' })
  t.match(
    problemsOf(() => readSecretFile(`${dir}/empty`, 'A_PATH')),
    [{ variable: 'A_PATH' }],
  )
  t.match(
    problemsOf(() => readSecretFile(`${dir}/absent`, 'A_PATH')),
    [{ variable: 'A_PATH' }],
  )
  const vault = Type.Object(vaultVariables)
  const env = { VAULT_ADDR: 'https://v', VAULT_AUTH_METHOD: 'token', VAULT_TOKEN_PATH: `${dir}/absent` }
  t.match(
    problemsOf(() => readConfig(vault, env)),
    [{ variable: 'VAULT_TOKEN_PATH' }],
  )
})

t.test('a secret that is too short, empty or out of reach is a problem beside the others', async (t) => {
  const dir = t.testdir({ good: `${'x'.repeat(32)}\n`, short: 'x'.repeat(31), empty: '' })
  const rule = secretOfAtLeast(32, 'KEY_PATH')
  t.same(rule({ KEY_PATH: `${dir}/good` }), [])
  t.same(rule({}), [], 'that it is missing is said already')
  for (const name of ['short', 'empty', 'absent']) {
    t.match(rule({ KEY_PATH: `${dir}/${name}` }), [{ variable: 'KEY_PATH', message: /^names/ }], name)
  }
})

t.test('each Vault login asks for its own variables, and a JWT has exactly one source of keys', async (t) => {
  const missing = (VAULT_AUTH_METHOD: string) => vaultRules({ VAULT_AUTH_METHOD }).map(({ variable }) => variable)
  t.same(missing('kubernetes'), ['VAULT_ROLE'])
  t.same(missing('approle'), ['VAULT_ROLE_ID', 'VAULT_SECRET_ID_PATH'])
  t.same(missing('token'), ['VAULT_TOKEN_PATH'])
  t.same(vaultRules({ VAULT_AUTH_METHOD: 'kubernetes', VAULT_ROLE: 'r' }), [])
  t.equal(jwtRules({}).length, 1)
  t.equal(jwtRules({ JWT_JWKS_URL: 'https://k' }).length, 0)
  t.equal(jwtRules({ JWT_JWKS_URL: 'https://k', JWT_PUBLIC_KEY_PATH: '/k' }).length, 1)
})

t.test('proxies are named ranges, addresses or blocks, or nobody', async (t) => {
  const problems = (text: string) => proxyRules({ TRUSTED_PROXIES: text }).length
  for (const good of ['loopback, uniquelocal', '10.1.2.3', '10.0.0.0/8,fd00::/8', 'none'])
    t.equal(problems(good), 0, good)
  for (const bad of [
    'kong',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '10.0.0/8',
    '::/129',
    '10.0.0.0/8/8',
    'loopback,',
    'none,loopback',
  ])
    t.equal(problems(bad), 1, bad)
  t.same(trustedProxies('loopback, 10.0.0.0/8'), ['loopback', '10.0.0.0/8'])
  t.same(trustedProxies('none'), [])
})

t.test('an address of Vault or of the issuer that nobody could call is a problem at the start', async (t) => {
  const schema = Type.Object({ VAULT_ADDR: vaultVariables.VAULT_ADDR, VAULT_KV_MOUNT: vaultVariables.VAULT_KV_MOUNT })
  const problems = (VAULT_ADDR: string, VAULT_KV_MOUNT = 'secret') =>
    problemsOf(() => readConfig(schema, { VAULT_ADDR, VAULT_KV_MOUNT })).map(({ variable }) => variable)
  t.same(problems('https://vault.example.net:8200/behind/a/path'), [])
  t.same(problems('ftp://vault'), ['VAULT_ADDR'])
  t.same(problems('https://me:secret@vault'), ['VAULT_ADDR'])
  t.same(problems('https://vault', '../sys'), ['VAULT_KV_MOUNT'])
})

t.test('a server of another kind is a problem at the start', async (t) => {
  const { DATABASE_URL } = databaseVariables
  const schema = Type.Object({ DATABASE_URL, REDIS_URL: redisVariables.REDIS_URL, NATS_URL: natsVariables.NATS_URL })
  const problems = (...[DATABASE_URL, REDIS_URL, NATS_URL]: readonly string[]) =>
    problemsOf(() => readConfig(schema, { DATABASE_URL, REDIS_URL, NATS_URL })).map(({ variable }) => variable)
  t.same(problems('postgresql://db/ops', 'redis+sentinel://a,b/name', 'nats://a,nats://b'), [])
  t.same(problems('postgres://db/ops', 'rediss://a', 'tls://a'), [])
  t.same(problems('mysql://db', 'http://cache', 'kafka://bus'), ['DATABASE_URL', 'REDIS_URL', 'NATS_URL'])
})

t.test('what can be read and not be used is a problem of its variable', async (t) => {
  const failure = () => {
    throw new Error('the file does not hold a public key')
  }
  const expected = [{ variable: 'KEY_PATH', message: 'the file does not hold a public key' }]
  t.equal(
    usable('KEY_PATH', () => 7),
    7,
  )
  t.same(
    problemsOf(() => usable('KEY_PATH', failure)),
    expected,
  )
  const late: unknown = await usable('KEY_PATH', async () => failure()).catch((error: unknown) => error)
  t.same(late instanceof ConfigError && late.problems, expected)
})

t.test('streams are made as agreed, unless their storage or an age is asked for otherwise', async (t) => {
  const read = (env: Readonly<Record<string, string>>) =>
    readConfig(Type.Object(natsVariables), { NATS_URL: 'nats://127.0.0.1', ...env })
  t.same(streamSettings(read({})), { manage: true, replicas: 1, storage: 'file', ages: {} })
  const asked = { NATS_STORAGE: 'memory', NATS_STREAM_AGES: 'OPERATOR_HEALTH=60,OPS_AUDIT=7776000' }
  t.match(streamSettings(read(asked)), { storage: 'memory', ages: { OPERATOR_HEALTH: 60, OPS_AUDIT: 7_776_000 } })
  for (const ages of ['OPERATOR_HEALTH', 'OPERATOR_HEALTH=0', 'OPERATOR_HEALTH=1d', 'A=1,'])
    t.throws(() => read({ NATS_STREAM_AGES: ages }), ConfigError, ages)
})

t.test('the table of an app lists every variable with type, default and meaning', async (t) => {
  const app: TObject = Type.Object({
    ...commonVariables,
    ...managementVariables(9464),
    ...databaseVariables,
    ...jwtVariables,
  })
  const table = configurationTable([{ app: 'admin-api', schema: app }])
  for (const name of Object.keys(app.properties)) t.ok(table.includes(`| \`${name}\` |`), name)
  t.match(table, '| `MANAGEMENT_PORT` | integer, 0–65535 | `9464` |')
  t.match(table, '| `DATABASE_URL` | url | **required** |')
  t.match(table, '| `JWT_JWKS_URL` | url | – |')
  t.match(table, 'development \\| test \\| production')
})

t.test('a bad start prints every problem to stderr and exits 78', async (t) => {
  const entry = `${t.testdir({})}/main.ts`
  const index = new URL('./index.ts', import.meta.url).href
  writeFileSync(
    entry,
    `import { endIfMisconfigured, exitOnConfigError, ConfigError } from '${index}'
const start = process.argv[2] === 'late' ? (fail) => Promise.resolve().then(fail).catch(endIfMisconfigured) : exitOnConfigError
await start(() => { throw new ConfigError([{ variable: 'ONE', message: 'is required' }, { variable: 'TWO', message: 'expected a URL' }]) })`,
  )
  for (const when of ['early', 'late']) {
    const { status, stderr } = spawnSync(process.execPath, ['--conditions=@oms/source', entry, when], {
      encoding: 'utf8',
    })
    t.equal(status, 78, when)
    t.match(stderr, /2 problem\(s\).*ONE: is required.*TWO: expected a URL/s)
  }
})
