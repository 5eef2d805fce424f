import { judge, type Result } from '../result.ts'
import { measureInTurns } from '../rounds.ts'
import type { Findings, Suite, Tools } from '../suite.ts'
import { type Plan, plansOf } from './plans.ts'
import { QUESTIONS, type Question } from './questions.ts'
import { SHAPES } from './rules.ts'
import { asService, loadTables, portsOn, type Table } from './tables.ts'

const SMALL = 1_000
const SIZES = [SMALL, 100_000, 1_000_000]
const QUICK_SIZES = [SMALL, 100_000]
/** Of the time that the same question takes at the smallest size. */
const GOAL = 1.5
/** All destinations twice: different questions each, so that no single page's luck decides. Once when it must be quick. */
const TURNS = { full: 200, quick: 100 }

const inWords = (count: number): string => `${count.toLocaleString('en')} rules`

/** What rules cost to ask about, in tables of several sizes against the smallest of them. */
export const routing: Suite = {
  benches: ['routing.conflict-check', 'routing.lookup', 'routing.preview'],
  async run(chosen, tools) {
    const { tables, version } = await loadTables(tools.quick ? QUICK_SIZES : SIZES, tools)
    const asked = QUESTIONS.filter(({ bench }) => chosen.has(bench))
    return { ...(await ask(asked, tables, tools)), versions: { PostgreSQL: version } }
  },
}

async function ask(
  questions: readonly Question[],
  tables: readonly Table[],
  tools: Tools,
): Promise<Omit<Findings, 'versions'>> {
  const results: Result[] = []
  const explained: Explained[] = []
  for (const shape of SHAPES) {
    const sizes = tables.filter((table) => table.shape === shape)
    for (const question of questions) {
      const plans = await Promise.all(sizes.map((table) => explain(question, table)))
      explained.push(...plans)
      // It is slower than an index would be, so the larger tables look better beside it than they are.
      const flattering = plans[0]?.plans.some(({ scanned }) => scanned.length > 0)
        ? ['baseline reads its whole table']
        : []
      results.push(...(await compare({ question, remarks: flattering }, sizes, tools)))
    }
  }
  return { results, ...told(explained) }
}

type Explained = Readonly<{ question: Question; table: Table; plans: readonly Plan[] }>

const explain = async (question: Question, table: Table): Promise<Explained> => ({
  question,
  table,
  plans: await plansOf(question, table),
})

async function compare(
  { question, remarks }: Readonly<{ question: Question; remarks: readonly string[] }>,
  tables: readonly Table[],
  tools: Tools,
): Promise<Result[]> {
  await using opened = new AsyncDisposableStack()
  const contenders = tables.map(({ shape, count, database }) => {
    const ports = portsOn(opened.use(asService(database.url)))
    return async (turn: number): Promise<void> => {
      const found = await question.ask(ports, shape, turn)
      if (found === question.finds) return
      throw new Error(`${question.name}, ${inWords(count)}: found ${found} rules where ${question.finds} match`)
    }
  })
  const [shape] = tables.map((table) => table.shape)
  const turns = tools.quick ? TURNS.quick : TURNS.full
  tools.tell.now(`${question.name}, ${shape}: warming up, then rounds of ${turns} questions each`)
  for (let turn = 0; turn < turns; turn++) {
    for (const ask of contenders) await ask(turn)
  }
  const [baseline = [], ...larger] = await measureInTurns(contenders, turns, tools)
  return larger.map((ours, index) =>
    judge(
      {
        name: `${question.name}; ${shape}, ${inWords(tables[index + 1]?.count ?? 0)}`,
        unit: 'ms',
        bound: 'at most',
        goal: GOAL,
      },
      { ours, baseline },
      remarks,
    ),
  )
}

function told(explained: readonly Explained[]): Pick<Findings, 'notes' | 'faults'> {
  const notes: string[] = []
  const faults: string[] = []
  for (const { question, table, plans } of explained) {
    const where = `${question.name}; ${table.shape}, ${inWords(table.count)}`
    if (plans.length === 0) faults.push(`${where}: no plan was seen`)
    for (const { nodes, scanned, milliseconds, buffers } of plans) {
      notes.push(`${where}: ${milliseconds.toFixed(3)} ms, ${buffers} pages: ${nodes.join(' · ')}`)
      // The smallest fits in a few pages, where PostgreSQL is right to read it whole.
      if (table.count > SMALL) faults.push(...scanned.map((name) => `${where}: Seq Scan on ${name}`))
    }
  }
  return { notes, faults }
}
