// npm run tour: plays the main job against the stack that npm start runs.
import { layout } from '../start/layout.ts'
import { readStackFile } from '../start/stack-file.ts'
import { createNarrator } from './narrator.ts'
import { playMainJob } from './main-job.ts'
import { openTour } from './open-tour.ts'

const UNAVAILABLE = 69 // sysexits(3)

const stack = await readStackFile(layout().stackFile)
if (stack === undefined) {
  process.stderr.write('The tour needs the running stack: npm start in another terminal first.\n')
  process.exitCode = UNAVAILABLE
} else {
  await using tools = await openTour(stack)
  await playMainJob(
    createNarrator((line) => void process.stdout.write(`${line}\n`)),
    tools,
  )
}
