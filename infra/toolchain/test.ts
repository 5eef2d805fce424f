// npm test: the checks, all tests, the coverage that the domain owes. The last line and the exit code are the verdict.
import { installForTests } from '@oms/devstack'
import { globSync, readFileSync } from 'node:fs'
import { runChecks } from './checks.ts'
import { forgetCoverage, judgeCoverage } from './coverage.ts'
import { runTests } from './run-tests.ts'

const included = [...readFileSync('.taprc', 'utf8').matchAll(/^ {2}- '(.+)'$/gm)].map(([, pattern = '']) => pattern)
const files = globSync(included, { exclude: ['**/node_modules/**'] }).sort()
const onServers = (file: string): boolean => /\.(spec|[a-z]+\.test)\.ts$/.test(file)

const [checks] = await Promise.all([runChecks(), installForTests((line) => console.error(`devstack: ${line}`))])
await forgetCoverage()
// What runs on servers need not be counted: the domain owes its coverage to tests of its own kind, and to count costs a
// process a fifth of its time.
const inProcess = await runTests(
  files.filter((file) => !onServers(file)),
  { coverage: true, name: 'tests in process' },
)
const coverage = await judgeCoverage()
const withServers = await runTests(files.filter(onServers), { coverage: false, name: 'tests on servers' })

const parts = [checks, inProcess, coverage, withServers]
const passed = parts.reduce((sum, part) => sum + part.passed, 0)
const failed = parts.reduce((sum, part) => sum + part.failed, 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
