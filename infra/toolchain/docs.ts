// npm run docs: writes what is generated. With --check (part of npm run check) it writes nothing and fails when a file
// is not what would be written.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { GENERATED_FOLDERS, generatedFiles } from './generated.ts'

const ROOT = resolve(import.meta.dirname, '../..')

const generated = await generatedFiles()

async function stale(): Promise<string[]> {
  const differing: string[] = []
  for (const [path, text] of generated) {
    const present = await readFile(join(ROOT, path), 'utf8').catch(() => undefined)
    if (present !== text) differing.push(path)
  }
  const present = await Promise.all(
    GENERATED_FOLDERS.map(async (folder) => {
      const names = await readdir(join(ROOT, folder)).catch(() => [])
      return names.map((name) => `${folder}/${name}`)
    }),
  )
  return [...differing, ...present.flat().filter((path) => !generated.has(path))]
}

const differing = await stale()
if (process.argv.includes('--check')) {
  if (differing.length > 0) {
    process.stderr.write(`not what npm run docs writes:\n${differing.map((path) => `  ${path}\n`).join('')}`)
    process.exitCode = 1
  }
} else {
  for (const path of differing) {
    const text = generated.get(path)
    if (text === undefined) await rm(join(ROOT, path))
    else {
      await mkdir(dirname(join(ROOT, path)), { recursive: true })
      await writeFile(join(ROOT, path), text)
    }
  }
  process.stdout.write(
    differing.length === 0 ? 'nothing to write\n' : differing.map((path) => `wrote ${path}\n`).join(''),
  )
}
