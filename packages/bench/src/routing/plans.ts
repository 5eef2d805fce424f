import { tapNotices } from './notice-tap.ts'
import { asOwner, asService, portsOn, type Table } from './tables.ts'
import type { Question } from './questions.ts'

/** A statement that was run, as PostgreSQL ran it. */
export type Plan = Readonly<{
  /** Node types with what they read, from the outermost. */
  nodes: readonly string[]
  /** The tables that are read from end to end. */
  scanned: readonly string[]
  milliseconds: number
  /** Pages of 8 KiB. */
  buffers: number
}>

type Node = Readonly<{
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Total Time': number
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: readonly Node[]
}>

/** By then a prepared statement has the plan that it keeps: https://www.postgresql.org/docs/15/sql-prepare.html, Notes. */
const REPEATS = 20
const TABLES = new Set(['routing_rules', 'destination_prefixes'])

/**
 * How the adapter's own statements for `question` are executed once they have settled: auto_explain tells it, as notices
 * on the adapter's own connection.
 */
export async function plansOf(question: Question, { shape, database }: Table): Promise<readonly Plan[]> {
  await using owner = asOwner(database)
  const name = new URL(database.ownerUrl).pathname.slice(1)
  const settings = {
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_level': 'notice',
    'auto_explain.log_format': 'json',
    'auto_explain.log_analyze': 'on',
    'auto_explain.log_buffers': 'on',
  }
  // Of this library's settings, a session knows the names only once it has loaded it.
  await owner.sql`LOAD 'auto_explain'`
  for (const [setting, value] of Object.entries(settings)) {
    await owner.sql.unsafe(`ALTER DATABASE ${name} SET ${setting} = '${value}'`)
  }
  try {
    await using tap = await tapNotices(database.url)
    await using service = asService(tap.url)
    const ports = portsOn(service)
    let last: readonly string[] = []
    for (let turn = 0; turn < REPEATS; turn++) {
      const before = tap.notices().length
      await question.ask(ports, shape, turn)
      last = tap.notices().slice(before)
    }
    return last.flatMap(read)
  } finally {
    await owner.sql.unsafe(`ALTER DATABASE ${name} RESET ALL`)
  }
}

/** `duration: 0.1 ms  plan:` and the plan; statements that touch no rules are left out. */
function read(notice: string): Plan[] {
  const json = /^duration: .* plan:\n([^]*)$/.exec(notice)?.[1]
  if (json === undefined) return []
  const { Plan: root } = JSON.parse(json) as Readonly<{ Plan: Node }>
  const nodes = [...walk(root)]
  if (!nodes.some((node) => TABLES.has(node['Relation Name'] ?? ''))) return []
  return [
    {
      nodes: nodes.map(describe),
      scanned: nodes
        .filter((node) => node['Node Type'] === 'Seq Scan')
        .map((node) => node['Relation Name'] ?? '')
        .filter((table) => TABLES.has(table)),
      milliseconds: root['Actual Total Time'],
      buffers: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
    },
  ]
}

function* walk(node: Node): Generator<Node> {
  yield node
  for (const below of node.Plans ?? []) yield* walk(below)
}

function describe(node: Node): string {
  const read = node['Index Name'] ?? node['Relation Name']
  return read === undefined ? node['Node Type'] : `${node['Node Type']} ${read}`
}
