import { glob, readFile } from 'node:fs/promises'

// A file is one thought; near these limits it is two.
const LIMIT = 300
const TEST_LIMIT = 400

/** The TypeScript files of the folders that are too long, each with its length and limit. */
export async function overlongFiles(folders: readonly string[]): Promise<string[]> {
  const complaints: string[] = []
  for await (const file of sources(folders)) {
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n').length
    const limit = /\.(test|spec)\.ts$|\/test\//.test(file) ? TEST_LIMIT : LIMIT
    if (lines > limit) complaints.push(`${file}: ${lines} lines, the limit is ${limit}`)
  }
  return complaints.sort()
}

function sources(folders: readonly string[]): AsyncIterable<string> {
  const pattern = folders.map((folder) => `${folder}/**/*.ts`)
  return glob(pattern, { exclude: (name) => name === 'node_modules' || name === 'dist' })
}
