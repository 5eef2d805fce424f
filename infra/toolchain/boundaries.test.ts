// Plants one offence against each law of .dependency-cruiser.cjs in a miniature of this repository, beside lawful code.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const ROOT = resolve(import.meta.dirname, '../..')
const LIBRARIES = [
  '@sinclair/typebox',
  'drizzle-orm',
  'fastify',
  'hashi-vault-js',
  'ioredis',
  'nats',
  'pino',
  'postgres',
  'tap',
]

const PACKAGES = ['domain', 'adapters', 'client', 'devstack', 'testkit', 'bench']

const LAWFUL: Record<string, string[]> = {
  'apps/one/src/main.ts': ['./compose.ts', './app.ts', '@oms/adapters/telemetry'],
  'apps/one/src/compose.ts': [
    '@oms/adapters/postgres',
    '@oms/adapters/redis',
    '@oms/adapters/nats',
    '@oms/adapters/vault',
  ],
  'apps/one/src/app.ts': ['@oms/adapters/http', '@oms/domain', 'fastify'],
  'apps/one/test/flow.spec.ts': ['../src/app.ts', '@oms/domain/memory', '@oms/devstack', 'ioredis'],
  'apps/two/src/main.ts': ['@oms/domain'],
  'packages/domain/src/index.ts': ['./operator.ts'],
  'packages/domain/src/operator.ts': ['@sinclair/typebox'],
  'packages/domain/src/hen.ts': ['./egg.ts'], // half of a cycle, which is reported once
  'packages/domain/src/operator.test.ts': ['tap', './operator.ts', './memory/index.ts', './contracts/index.ts'],
  'packages/domain/src/memory/index.ts': ['../operator.ts'],
  'packages/domain/src/contracts/index.ts': ['../operator.ts', 'tap'],
  'packages/adapters/src/postgres/index.ts': ['postgres', 'drizzle-orm', '@oms/domain'],
  'packages/adapters/src/postgres/store.pg.test.ts': [
    'tap',
    '@oms/domain/contracts',
    '@oms/devstack',
    '../nats/index.ts',
  ],
  'packages/adapters/src/redis/index.ts': ['ioredis'],
  'packages/adapters/src/nats/index.ts': ['nats'],
  'packages/adapters/src/vault/index.ts': ['hashi-vault-js'],
  'packages/adapters/src/http/index.ts': ['fastify'],
  'packages/adapters/src/telemetry/index.ts': ['pino'],
  'packages/client/src/index.ts': ['./follow.ts'],
  'packages/client/src/follow.ts': ['nats', 'ioredis'],
  'packages/client/test/engine.spec.ts': ['../src/index.ts', '@oms/testkit', '@oms/domain', 'tap'],
  'packages/devstack/src/index.ts': ['ioredis', 'postgres'],
  'packages/testkit/src/index.ts': ['@oms/devstack', '@oms/adapters/postgres', 'nats'],
  'packages/bench/src/index.ts': ['@oms/devstack', '@oms/adapters/postgres', '@oms/domain', 'postgres'],
}

const OFFENCES: Record<string, { imports: string[]; breaks: string }> = {
  'packages/domain/src/clock.ts': { imports: ['node:process'], breaks: 'domain-depends-on-nothing' },
  'packages/domain/src/rows.test.ts': { imports: ['tap', 'nats'], breaks: 'domain-tests-add-only-the-runner' },
  'packages/adapters/src/nats/both.ts': { imports: ['../redis/index.ts'], breaks: 'adapters-do-not-know-each-other' },
  'packages/adapters/test/app.test.ts': {
    imports: ['../../../apps/one/src/app.ts'],
    breaks: 'packages-do-not-know-apps',
  },
  'apps/one/src/routes/list.ts': { imports: ['@oms/adapters/redis'], breaks: 'only-compose-opens-connections' },
  'apps/one/src/neighbour.ts': { imports: ['../../two/src/main.ts'], breaks: 'apps-are-islands' },
  'apps/one/src/twin.ts': { imports: ['@oms/domain/memory'], breaks: 'production-carries-no-fakes' },
  'apps/two/src/kit.ts': { imports: ['@oms/testkit'], breaks: 'production-carries-no-fakes' },
  'apps/two/src/stack.ts': { imports: ['@oms/devstack'], breaks: 'production-carries-no-fakes' },
  'packages/adapters/src/http/fixture.ts': {
    imports: ['../../test/app.test.ts'],
    breaks: 'production-carries-no-fakes',
  },
  'packages/client/src/shapes.ts': { imports: ['@oms/domain'], breaks: 'client-knows-no-product' },
  'packages/devstack/src/words.ts': { imports: ['@oms/domain'], breaks: 'devstack-knows-no-product' },
  'packages/testkit/src/figures.ts': { imports: ['@oms/bench'], breaks: 'nothing-needs-the-bench' },
  'apps/two/src/inside.ts': { imports: ['../../../packages/domain/src/operator.ts'], breaks: 'packages-by-name' },
  'apps/one/src/sql.ts': { imports: ['postgres'], breaks: 'postgres-libraries-stay-in-its-adapter' },
  'packages/adapters/src/postgres/orm.ts': { imports: ['ioredis'], breaks: 'redis-libraries-stay-in-its-adapter' },
  'packages/adapters/src/http/bus.ts': { imports: ['nats'], breaks: 'nats-libraries-stay-in-its-adapter' },
  'packages/adapters/src/redis/secrets.ts': {
    imports: ['hashi-vault-js'],
    breaks: 'vault-libraries-stay-in-its-adapter',
  },
  'apps/two/src/log.ts': { imports: ['pino'], breaks: 'telemetry-libraries-stay-in-its-adapter' },
  'packages/domain/src/egg.ts': { imports: ['./hen.ts'], breaks: 'no-cycles' },
  'apps/one/src/typo.ts': { imports: ['@oms/adapters/mqtt'], breaks: 'no-unresolvable' },
  'packages/adapters/src/http/undeclared.ts': { imports: ['tap'], breaks: 'no-undeclared-dependencies' },
  'packages/domain/src/forgotten.ts': { imports: [], breaks: 'no-orphans' },
}

t.test('each law catches its offence, and nothing lawful is caught', async (t) => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'boundaries-')))
  t.teardown(() => rm(root, { recursive: true }))
  await layOut(root)

  const offences = Object.entries(OFFENCES).map(([file, { breaks }]) => `${file}: ${breaks}`)
  t.same(await violations(root), offences.sort())
})

t.test('each law has an offence planted, and a reason', async (t) => {
  const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as { forbidden: Rule[] }
  const planted = new Set(Object.values(OFFENCES).map(({ breaks }) => breaks))
  t.same(new Set(forbidden.map(({ name }) => name)), planted)
  for (const { name, comment } of forbidden) t.ok(comment.length > 10, name)
})

type Rule = Readonly<{ name: string; comment: string }>

async function layOut(root: string): Promise<void> {
  const files: Record<string, string> = {}
  for (const name of ['one', 'two']) files[`apps/${name}/package.json`] = manifest({ name })
  for (const name of PACKAGES) files[`packages/${name}/package.json`] = manifest({ name: `@oms/${name}` })
  for (const name of LIBRARIES) {
    files[`node_modules/${name}/package.json`] = JSON.stringify({ name, version: '1.0.0', main: 'index.js' })
    files[`node_modules/${name}/index.js`] = 'export const library = 1\n'
  }
  for (const [file, imports] of Object.entries(LAWFUL)) files[file] = source(imports)
  for (const [file, { imports }] of Object.entries(OFFENCES)) files[file] = source(imports)
  await Promise.all(
    Object.entries(files).map(async ([file, content]) => {
      await mkdir(dirname(join(root, file)), { recursive: true })
      await writeFile(join(root, file), content)
    }),
  )
  await mkdir(join(root, 'node_modules/@oms'), { recursive: true })
  for (const name of PACKAGES) {
    await symlink(`../../packages/${name}`, join(root, 'node_modules/@oms', name))
  }
  await copyFile(join(ROOT, 'tsconfig.base.json'), join(root, 'tsconfig.base.json'))
}

function manifest({ name }: { name: string }): string {
  const production = [...LIBRARIES.filter((library) => library !== 'tap'), '@oms/domain', '@oms/adapters']
  return JSON.stringify({
    name,
    type: 'module',
    exports: { '.': { '@oms/source': './src/index.ts' }, './*': { '@oms/source': './src/*/index.ts' } },
    dependencies: Object.fromEntries(production.map((library) => [library, '1.0.0'])),
    devDependencies: { tap: '1.0.0', '@oms/devstack': '1.0.0', '@oms/testkit': '1.0.0', '@oms/bench': '1.0.0' },
  })
}

function source(imports: readonly string[]): string {
  const lines = imports.map((specifier, index) => `import * as m${index} from '${specifier}'\nconsole.log(m${index})\n`)
  return `${lines.join('')}export const here = 1\n`
}

/** `file: rule` of every violation, sorted. A file that breaks a second law by the way is listed with both. */
async function violations(root: string): Promise<string[]> {
  const depcruise = join(ROOT, 'node_modules/.bin/depcruise')
  const args = ['--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'apps', 'packages']
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(depcruise, args, options)
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } }
  return [...new Set(summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`))].sort()
}
