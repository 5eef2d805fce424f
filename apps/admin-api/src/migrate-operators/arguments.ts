import { parseArgs } from 'node:util'
import { resolve } from 'node:path'
import { CouldNotRun } from './could-not-run.ts'

export const USAGE = `usage: migrate-operators SHEET.csv [--passwords LASTPASS.csv] [--dry-run] [--report REPORT.json] [--approved REPORT.json]
       migrate-operators --rollback REPORT.json [--dry-run] [--report REPORT.json]

Brings the operators of a Google Sheets export into the service. Exit code: 0 all is well, 2 some rows failed, 1 it could not run.

  --passwords  a LastPass export, for rows without a password of their own
  --dry-run    says what would happen, and writes nothing but the report
  --report     where the report goes (SHEET.report.json)
  --approved   the report of the dry run that was signed off: another sheet than that is refused
  --rollback   soft-deletes what the run of this report created and nobody changed since
`

export type Migrate = Readonly<{
  kind: 'migrate'
  sheet: string
  passwords: string | undefined
  approved: string | undefined
  report: string
  dryRun: boolean
}>
export type Rollback = Readonly<{ kind: 'rollback'; of: string; report: string; dryRun: boolean }>

/** Throws CouldNotRun. */
export function readArguments(args: readonly string[]): Migrate | Rollback | Readonly<{ kind: 'help' }> {
  const { values, positionals } = parsed(args)
  const { 'dry-run': dryRun, passwords, approved, rollback, report } = values
  if (values.help) return { kind: 'help' }
  const [sheet, ...others] = positionals
  if (rollback !== undefined) {
    if (sheet !== undefined || passwords !== undefined || approved !== undefined) {
      throw new CouldNotRun(`--rollback goes with --dry-run and --report only\n\n${USAGE}`)
    }
    return distinctFiles({ kind: 'rollback', of: rollback, report: report ?? besides(rollback, 'rollback'), dryRun })
  }
  if (sheet === undefined || others.length > 0) throw new CouldNotRun(`one sheet is wanted\n\n${USAGE}`)
  return distinctFiles({
    kind: 'migrate',
    sheet,
    passwords,
    approved,
    dryRun,
    report: report ?? besides(sheet, 'report'),
  })
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        passwords: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        report: { type: 'string' },
        approved: { type: 'string' },
        rollback: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new CouldNotRun(`${error instanceof Error ? error.message : 'bad arguments'}\n\n${USAGE}`)
  }
}

/** The report must not take the place of what it was made from. */
function distinctFiles<T extends Migrate | Rollback>(command: T): T {
  const inputs = command.kind === 'rollback' ? [command.of] : [command.sheet, command.passwords, command.approved]
  if (inputs.some((path) => path !== undefined && resolve(path) === resolve(command.report))) {
    throw new CouldNotRun('--report names a file that is read')
  }
  return command
}

const besides = (path: string, what: string): string => `${path.replace(/\.(?:csv|json)$/i, '')}.${what}.json`
