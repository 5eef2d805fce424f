// npm test: the checks, all tests, the coverage that the domain owes. The last line and the exit code are the verdict.
import { installForTests } from '@oms/devstack'
import { globSync, readFileSync } from 'node:fs'
import { runChecks } from './checks.ts'
import { forgetCoverage, judgeCoverage } from './coverage.ts'
import { runTests } from './run-tests.ts'

const included = [...readFileSync('.taprc', 'utf8').matchAll(/^ {2}- '(.+)'$/gm)].map(([, pattern = '']) => pattern)
const files = globSync(included, { exclude: ['**/node_modules/**'] }).sort()
const ofDomain = (file: string): boolean => file.startsWith('packages/domain/')

const [checks] = await Promise.all([runChecks(), installForTests((line) => console.error(`devstack: ${line}`))])
await forgetCoverage()
// The domain owes its coverage to its own tests; to count costs every other process a fifth of its time.
const domain = await runTests(files.filter(ofDomain), { coverage: true, name: 'tests of the domain' })
const coverage = await judgeCoverage()
const others = await runTests(
  files.filter((file) => !ofDomain(file)),
  { coverage: false, name: 'all other tests' },
)

const parts = [checks, domain, coverage, others]
const passed = parts.reduce((sum, part) => sum + part.passed, 0)
const failed = parts.reduce((sum, part) => sum + part.failed, 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
