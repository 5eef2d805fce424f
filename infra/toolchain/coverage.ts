// The coverage that the domain owes. tap counts only files that a test has loaded; here a file that none has counts as 0.
import { glob, readFile, rm } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import ts from 'typescript'

const REPORT = '.tap/report/coverage-summary.json'
const DOMAIN = 'packages/domain/src'
// What says how to test, rather than what is tested.
const APART = /\.test\.ts$|\/(memory|contracts)\//

// Use cases begin with their verb, domain services end with their trade. Whatever is neither is a value or an entity
// (or a port or an event), and held to more: a name that this rule does not know loses nothing.
const USE_CASE = /^(create|update|soft-delete|get|list|ingest|sweep|restore|fold|rename|onboard|audit|import)-/
const SERVICE = /-(guard|reducer|checker|selector|auditor)\.ts$/
const GROUPS = [
  {
    name: 'domain services and use cases',
    least: 90,
    has: (file: string) => USE_CASE.test(file) || SERVICE.test(file),
  },
  { name: 'domain values and entities', least: 95, has: () => true },
]

type Share = Readonly<{ total: number; covered: number }>
type FileCoverage = Readonly<{ lines: Share; branches: Share; functions: Share }>
const MEASURES = ['lines', 'branches', 'functions'] as const

/** To be called before the tests: last run's report must not pass for this one's. */
export const forgetCoverage = () => rm(REPORT, { force: true })

/** One line per group, with the files that pull it down when it misses its threshold. */
export async function judgeCoverage(): Promise<{ passed: number; failed: number }> {
  const report = await readReport()
  const groups = GROUPS.map((group) => ({ ...group, files: new Map<string, FileCoverage>() }))
  for await (const file of glob(`${DOMAIN}/**/*.ts`)) {
    if (APART.test(file)) continue
    const found = report[resolve(file)] ?? unloaded(await readFile(file, 'utf8'))
    if (found) groups.find(({ has }) => has(basename(file)))?.files.set(file, found)
  }
  const results = groups.map(({ name, least, files }) => {
    const shares = MEASURES.map((measure) => ({ measure, percent: percentOf([...files.values()], measure) }))
    const ok = shares.every(({ percent }) => percent >= least)
    const figures = shares.map(({ measure, percent }) => `${measure} ${percent.toFixed(1)} %`).join(', ')
    console.log(`${ok ? 'ok    ' : 'FAILED'}  coverage of ${name}: ${figures} (at least ${least} %)`)
    if (!ok) for (const line of weakest(files, least)) console.log(`          ${line}`)
    return ok
  })
  const passed = results.filter(Boolean).length
  return { passed, failed: results.length - passed }
}

async function readReport(): Promise<Record<string, FileCoverage | undefined>> {
  try {
    return JSON.parse(await readFile(REPORT, 'utf8')) as Record<string, FileCoverage>
  } catch {
    console.log(`there is no ${REPORT}`)
    return {}
  }
}

/** What a file is worth that no test has loaded; undefined when there is nothing in it to run. */
function unloaded(source: string): FileCoverage | undefined {
  const { statements } = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest)
  if (!statements.some(runs)) return undefined
  return { lines: { total: source.split('\n').length, covered: 0 }, branches: ONE_MISSED, functions: ONE_MISSED }
}
const ONE_MISSED: Share = { total: 1, covered: 0 }

function runs(statement: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return false
  if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) return false
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []
  return !modifiers.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)
}

function percentOf(files: readonly FileCoverage[], measure: (typeof MEASURES)[number]): number {
  const total = files.reduce((sum, file) => sum + file[measure].total, 0)
  const covered = files.reduce((sum, file) => sum + file[measure].covered, 0)
  return total === 0 ? 100 : (100 * covered) / total
}

function weakest(files: ReadonlyMap<string, FileCoverage>, least: number): string[] {
  return [...files]
    .map(([file, found]) => ({ file, figures: MEASURES.map((measure) => percentOf([found], measure)) }))
    .filter(({ figures }) => figures.some((percent) => percent < least))
    .sort((a, b) => Math.min(...a.figures) - Math.min(...b.figures))
    .map(({ file, figures }) => `${figures.map((percent) => percent.toFixed(0).padStart(3)).join(' ')}  ${file}`)
}
