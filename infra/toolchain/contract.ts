// Part of npm run check: what is generated now must not break those who rely on what was committed.
// CONTRACT_BASE names the commit to compare with; contract-base.ts says what stands in for it.
import { resolve } from 'node:path'
import { API_APPS, type ApiDocument } from './api-documents.ts'
import { contractBase, filesAt } from './contract-base.ts'
import { type Contract, unannouncedBreaks } from './contract-compatibility.ts'
import { generatedFiles, SCHEMAS, TAKEN_MESSAGES } from './generated.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const documentPath = (app: string) => `apps/${app}/openapi.json`

function contractIn(files: ReadonlyMap<string, string>): Contract {
  const documentAt = (path: string) => JSON.parse(files.get(path) ?? '') as ApiDocument
  const apis = API_APPS.filter((app) => files.has(documentPath(app))).map((app) => {
    const document = documentAt(documentPath(app)) as ApiDocument & { info: { version: string } }
    return [app, { version: document.info.version, document }] as const
  })
  const messages = [...files.keys()]
    .filter((path) => path.startsWith(`${SCHEMAS}/`))
    .map((path) => [path.slice(SCHEMAS.length + 1).replace(/\.json$/, ''), documentAt(path)] as const)
  const isTaken = ([subject]: readonly [string, unknown]) => Object.hasOwn(TAKEN_MESSAGES, subject)
  return {
    apis: Object.fromEntries(apis),
    sent: Object.fromEntries(messages.filter((message) => !isTaken(message))),
    taken: Object.fromEntries(messages.filter(isTaken)),
  }
}

const base = await contractBase(ROOT, process.env.CONTRACT_BASE)
if (base.commit === undefined) {
  console.log(`not compared: there is no history here (${base.why})`)
} else {
  const committed = await filesAt(ROOT, base.commit, [...API_APPS.map(documentPath), SCHEMAS])
  const breaks = unannouncedBreaks(contractIn(committed), contractIn(await generatedFiles()))
  const against = `${base.named} (${base.commit.slice(0, 12)})`
  console.log(
    breaks.length === 0
      ? `compatible with ${committed.size} files of ${against}`
      : `breaks what ${against} promised:\n${breaks.map((line) => `  ${line}`).join('\n')}`,
  )
  process.exitCode = breaks.length === 0 ? 0 : 1
}
