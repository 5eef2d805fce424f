// with-local-stack.ts PROGRAM [ARGUMENT …]: becomes the program, configured as the admin-api that npm start runs.
import { pathToFileURL } from 'node:url'
import { layout } from './layout.ts'
import { readStackFile } from './stack-file.ts'

const [node = '', , program = '', ...args] = process.argv

const stack = await readStackFile(layout().stackFile)
if (stack === undefined && !args.includes('--help')) {
  process.stderr.write(
    'No local stack runs and DATABASE_URL is not set: npm start in another terminal first, or give the environment of admin-api.\n',
  )
  process.exitCode = 1
} else {
  Object.assign(process.env, stack?.admin.environment)
  process.argv = [node, program, ...args]
  // In this very process, so that signals and the exit code are the program's own.
  await import(pathToFileURL(program).href)
}
