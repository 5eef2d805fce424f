import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { CouldNotRun, reasonOf } from './could-not-run.ts'

export type ReportFile = AsyncDisposable &
  Readonly<{
    add(row: object): Promise<void>
    /** Writes the head in front of the rows and puts the file in its place; `head` has the members of the one it was opened for. */
    finish(head: object): Promise<void>
  }>

/** A JSON file that grows row by row beside its place and comes there whole. Rejects with CouldNotRun. */
export async function openReportFile(path: string, largestHead: object): Promise<ReportFile> {
  const unfinished = `${path}.part`
  const file = await open(unfinished, 'w', 0o600).catch((error: unknown) => {
    throw new CouldNotRun(`${path} cannot be written: ${reasonOf(error)}`)
  })
  // The head is known last and stands first: room is left for it, and JSON does not mind blanks.
  const room = Buffer.byteLength(headText(largestHead))
  await file.write(' '.repeat(room) + ROWS)
  let rows = 0
  let finished = false
  return {
    async add(row) {
      await file.write(`${rows === 0 ? '' : ','}\n    ${JSON.stringify(row)}`)
      rows += 1
    },
    async finish(head) {
      await file.write(`${rows === 0 ? '' : '\n  '}]\n}\n`)
      await writeHead(file, headText(head), room)
      await file.sync()
      await rename(unfinished, path)
      finished = true
    },
    async [Symbol.asyncDispose]() {
      await file.close()
      if (!finished) await rm(unfinished, { force: true })
    },
  }
}

const ROWS = '  "rows": ['

/** Everything before the rows, its last comma included; the blank becomes the line's end. */
const headText = (head: object): string => `${JSON.stringify(head, null, 2).replace(/\n\}$/, '')}, `

async function writeHead(file: FileHandle, text: string, room: number): Promise<void> {
  if (Buffer.byteLength(text) > room) throw new RangeError('the head of a report outgrew its room')
  const octets = Buffer.alloc(room, ' ')
  octets.write(text)
  octets.write('\n', room - 1)
  await file.write(octets, 0, room, 0)
}
