// The laws of the house: who may import whom. Each rule's comment is its reason; `infra/toolchain/boundaries.test.ts`
// plants an offence against each.
const TEST_CODE = [
  '\\.(test|spec)\\.ts$',
  '^(apps|packages)/[^/]+/test/',
  '^packages/domain/src/(memory|contracts)/',
  '^packages/testkit/',
]
const PRODUCTION = '^(apps|packages/(domain|adapters))/'

/** A library that only one adapter knows, so that replacing it touches one folder. Tests may speak to the server itself. */
const home = (adapter, libraries) => ({
  name: `${adapter}-libraries-stay-in-its-adapter`,
  comment: 'Ports are words of the domain: a technology is known to its adapter alone.',
  severity: 'error',
  from: { path: PRODUCTION, pathNot: [...TEST_CODE, `^packages/adapters/src/${adapter}/`] },
  to: { path: `node_modules/(${libraries.join('|')})(/|$)` },
})

module.exports = {
  forbidden: [
    {
      name: 'domain-depends-on-nothing',
      comment: 'The domain knows no HTTP, SQL, NATS, clock or random: itself and TypeBox, not even Node.',
      severity: 'error',
      from: { path: '^packages/domain/src/', pathNot: TEST_CODE },
      to: { pathNot: ['^packages/domain/src/', 'node_modules/@sinclair/typebox/'] },
    },
    {
      name: 'domain-tests-add-only-the-runner',
      comment: 'Contracts, memory twins and tests of the domain say what a port means without any technology.',
      severity: 'error',
      from: { path: '^packages/domain/' },
      to: {
        path: '^(apps|packages)/|node_modules/',
        pathNot: ['^packages/domain/', 'node_modules/(@sinclair/typebox|tap|fast-check|@tapjs/[^/]+)/'],
      },
    },
    {
      name: 'adapters-do-not-know-each-other',
      comment: 'Adapters speak domain, not each other: any of them can be replaced alone.',
      severity: 'error',
      from: { path: '^packages/adapters/src/([^/]+)/', pathNot: TEST_CODE },
      to: { path: '^packages/adapters/src/', pathNot: '^packages/adapters/src/$1/' },
    },
    {
      name: 'packages-do-not-know-apps',
      comment: 'Apps are assembled from packages, never the other way round.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'only-compose-opens-connections',
      comment: 'One file wires: who reads compose.ts (and migrate.ts, which only migrates) has seen every connection.',
      severity: 'error',
      from: { path: '^apps/[^/]+/', pathNot: [...TEST_CODE, '^apps/[^/]+/src/(compose|migrate|[^/]+/compose)\\.ts$'] },
      to: { path: '^packages/adapters/src/(postgres|vault|redis|nats)/' },
    },
    {
      name: 'apps-are-islands',
      comment: 'Processes talk over the network; shared code belongs to a package.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'production-carries-no-fakes',
      comment:
        'A test, a memory twin, a contract suite, the testkit or the devstack must not be one import away from production.',
      severity: 'error',
      from: { path: PRODUCTION, pathNot: TEST_CODE },
      to: { path: [...TEST_CODE, '^packages/devstack/'] },
    },
    {
      name: 'devstack-knows-no-product',
      comment:
        'It starts servers and processes; what they mean is tested from outside, so that it cannot be wrong alike.',
      severity: 'error',
      from: { path: '^packages/devstack/' },
      to: { path: '^(apps|packages/(domain|adapters|client|testkit))/' },
    },
    {
      name: 'client-knows-no-product',
      comment: 'Other teams embed it: what it knows of us is the contract, and nothing of ours comes along with it.',
      severity: 'error',
      from: { path: '^packages/client/src/', pathNot: TEST_CODE },
      to: { path: '^(apps|packages)/', pathNot: '^packages/client/' },
    },
    {
      name: 'nothing-needs-the-bench',
      comment: 'It measures what the others are: whatever they need belongs to them, or their figures change with it.',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: '^packages/bench/' },
      to: { path: '^packages/bench/' },
    },
    {
      name: 'packages-by-name',
      comment: 'Another package is imported by its name, so that its exports decide what is public.',
      severity: 'error',
      from: { path: '^((?:apps|packages)/[^/]+)/' },
      to: { path: '^packages/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    home('postgres', ['postgres', 'drizzle-orm']),
    home('redis', ['ioredis']),
    home('nats', ['nats']),
    home('vault', ['hashi-vault-js', 'axios']),
    home('telemetry', ['pino', 'prom-client', '@opentelemetry/[^/]+']),
    {
      name: 'no-cycles',
      comment: 'Files that need each other are one thought in two files. (Types may: they are gone at run time.)',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'It would fail at start.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-dependencies',
      comment: 'A package names what it imports in its own package.json; production needs it under dependencies.',
      severity: 'error',
      from: { path: PRODUCTION, pathNot: TEST_CODE },
      to: {
        path: 'node_modules/',
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm'],
      },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports it and it starts nothing: delete it.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['(^|/)main\\.ts$', '\\.(test|spec)\\.ts$', '(^|/)index\\.ts$', '^infra/', '\\.d\\.ts$'],
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.tap|\\.local|\\.turbo)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@oms/source', 'types', 'import', 'node', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
