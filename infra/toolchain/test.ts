// npm test: the checks, all tests, the coverage that the domain owes. The last line and the exit code are the verdict.
import { runChecks } from './checks.ts'
import { forgetCoverage, judgeCoverage } from './coverage.ts'
import { runTests } from './run-tests.ts'

const checks = await runChecks()
await forgetCoverage()
const tests = await runTests([], { coverage: true })
const coverage = await judgeCoverage()

const parts = [checks, tests, coverage]
const passed = parts.reduce((sum, part) => sum + part.passed, 0)
const failed = parts.reduce((sum, part) => sum + part.failed, 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
