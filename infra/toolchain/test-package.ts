// The `test` script of every package: its own tests, without coverage.
import { runTests } from './run-tests.ts'

const { passed, failed } = await runTests([], { coverage: false })
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
