import { parseArgs } from 'node:util'

export type Command = Readonly<{ chosen: ReadonlySet<string>; quick: boolean; jsonFile: string | undefined }>

export const usage = (benches: readonly string[]): string =>
  [
    'usage: npm run bench -- [--only NAME] [--quick] [--json FILE]',
    `  --only   one of ${benches.join(', ')}, or what stands before the dot`,
    '  --quick  under five minutes in all: at most 100,000 rules and 2 minutes of load',
    '  --json   the results go to FILE, instead of after the tables',
    '',
  ].join('\n')

/** Undefined when it means nothing. */
export function readCommand(args: readonly string[], benches: readonly string[]): Command | undefined {
  const options = {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  } as const
  try {
    const { only, quick, json } = parseArgs({ args: [...args], options }).values
    const chosen = benches.filter((name) => only === undefined || name === only || name.startsWith(`${only}.`))
    return chosen.length === 0 ? undefined : { chosen: new Set(chosen), quick, jsonFile: json }
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
