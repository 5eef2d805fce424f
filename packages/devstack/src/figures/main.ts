// npm run figures: how fast the running stack of npm start is, as the services around it feel it.
import { layout } from '../start/layout.ts'
import { readStackFile } from '../start/stack-file.ts'
import { openTour } from '../tour/open-tour.ts'
import { measureCredentials } from './credentials.ts'
import { measureEvents } from './events.ts'
import { measureHealth } from './health.ts'
import { table } from './percentiles.ts'
import { withOperators } from './operators.ts'

const UNAVAILABLE = 69 // sysexits(3)
const OPERATORS = 20

const stack = await readStackFile(layout().stackFile)
if (stack === undefined) {
  process.stderr.write('The figures need the running stack: npm start in another terminal first.\n')
  process.exitCode = UNAVAILABLE
} else {
  await using tools = await openTour(stack)
  const figures = await withOperators(tools, OPERATORS, async (operatorIds) => [
    await measureEvents(tools, operatorIds),
    await measureHealth(tools, operatorIds),
    await measureCredentials(stack, operatorIds),
  ])
  process.stdout.write(`${table(figures)}\n`)
}
