// One file of JavaScript for each process that the specs start, over and over: from its some 1,200 modules a start takes
// five times as long, and most of a spec's time would be loading.
import { type Plugin, build } from 'esbuild'
import { globSync } from 'node:fs'
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const ENTRIES = ['apps/*/src/main.ts', 'apps/*/src/migrate-operators/main.ts', 'apps/*/test/mortal-main.ts']

/** Finds its own files by its folder, so it stays where it is. */
const STAYS = /^@fastify\/swagger-ui$/

const UNUSED_AFTER_MS = 3_600_000

/** `<folder>/apps/…/main.ts.mjs` for each entry. Rejects with esbuild's complaint. */
export async function bundleApps(folder: string): Promise<void> {
  const { outputFiles } = await build({
    write: false,
    absWorkingDir: CHECKOUT,
    entryPoints: globSync(ENTRIES, { cwd: CHECKOUT }).map((path) => ({ in: path, out: path })),
    outdir: folder,
    outbase: CHECKOUT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: `node${process.versions.node}`,
    conditions: ['@oms/source'],
    banner: { js: COMMON_JS_GLOBALS },
    plugins: [keepPlaces],
    logLevel: 'warning',
  })
  for (const { path, contents } of outputFiles) await replace(path, contents)
  await sweep(folder, new Set(outputFiles.map(({ path }) => path)))
}

/** Whole or not at all: another run may be starting from the file. */
async function replace(path: string, contents: Uint8Array): Promise<void> {
  const there = await readFile(path).catch(() => undefined)
  if (there?.equals(contents)) return
  const partial = `${path}.${process.pid}`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(partial, contents)
  await rename(partial, path)
}

/** The parts of earlier states of the sources; a run that still needs one has been going for less than an hour. */
async function sweep(folder: string, current: ReadonlySet<string>): Promise<void> {
  const files = (await readdir(folder)).map((name) => join(folder, name)).filter((path) => !current.has(path))
  for (const path of files) {
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile() && Date.now() - found.mtimeMs > UNUSED_AFTER_MS) await rm(path, { force: true })
  }
}

/** For the CommonJS packages inside. */
const COMMON_JS_GLOBALS = `
import { createRequire as createRequireOfBundle } from 'node:module'
const require = createRequireOfBundle(import.meta.url)`

/** Our modules find their folders, and the packages that stay are found, as from the sources. */
const keepPlaces: Plugin = {
  name: 'keep places',
  setup(plugins) {
    plugins.onResolve({ filter: STAYS }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === 'resolved') return undefined
      const found = await plugins.resolve(path, { kind, resolveDir, pluginData: 'resolved' })
      return { path: pathToFileURL(found.path).href, external: true }
    })
    plugins.onLoad({ filter: /\/(apps|packages)\/[^/]+\/(src|test)\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const contents = source
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path))
      return { contents, loader: 'ts' }
    })
  },
}
