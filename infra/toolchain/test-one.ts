// npm run test:one -- FILE …
import { runTests } from './run-tests.ts'

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('usage: npm run test:one -- FILE …')
  process.exitCode = 64
} else {
  const { passed, failed } = await runTests(files, { coverage: false })
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
