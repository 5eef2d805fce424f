import type { HealthState, Operator } from '@oms/client'
import { createRoutingTable, type RoutingTable } from '@oms/client/routing-table'
import { judge, type Result } from '../result.ts'
import { measureInTurns } from '../rounds.ts'
import type { Suite, Tools } from '../suite.ts'
import { firstMatchList } from './first-match.ts'
import { numbers, operatorsWith } from './rules.ts'

const SMALL = 1_000
/** The size at which the list is measured, too. */
const MIDDLE = 100_000
const SIZES = [SMALL, MIDDLE, 1_000_000]
const QUICK_SIZES = [SMALL, MIDDLE]
/** Of the time that the same numbers take at the smallest size. */
const MOST = 8
const TIMES_FASTER = 300

const TURNS = 50
/** A clock does not see one. */
const NUMBERS_PER_TURN = 1_000
/** Of them; each takes the list as long as it takes us for hundreds. */
const LISTED_PER_TURN = 4
/** Numbers for which the list has to find what the table finds first. */
const CHECKED = 500

type Sized = Readonly<{ count: number; operators: readonly Operator[]; route: Route }>
type Route = (to: string) => ReturnType<RoutingTable['route']>

/** What choosing a route costs in tables of several sizes, and beside a list. */
export const clientRoute: Suite = {
  benches: ['client.route'],
  async run(_chosen, tools) {
    const asked = numbers(TURNS * NUMBERS_PER_TURN)
    const tables = (tools.quick ? QUICK_SIZES : SIZES).map((count) => tableOf(count, tools))
    const notes = tables.map((table) => answersOf(table, asked))
    const results = [...(await besideSmallest(tables, asked, tools)), ...(await besideList(tables, asked, tools))]
    return { results, notes, versions: {}, faults: [] }
  },
}

function tableOf(count: number, { tell }: Tools): Sized {
  const operators = operatorsWith(count)
  const table = createRoutingTable()
  const began = performance.now()
  for (const operator of operators) table.put(operator.operatorId, operator)
  tell.now(`client.route: ${inWords(count)} put in ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  const states = new Map(operators.map(({ operatorId }): [string, HealthState] => [operatorId, 'HEALTHY']))
  const healthOf = (operatorId: string): HealthState => states.get(operatorId) ?? 'UNKNOWN'
  return { count, operators, route: (to) => table.route(to, {}, healthOf) }
}

/** Also warms up. */
function answersOf({ count, route }: Sized, asked: readonly string[]): string {
  const found = asked.map((to) => route(to).length)
  const routed = found.filter((candidates) => candidates > 0).length / found.length
  const each = found.reduce((sum, candidates) => sum + candidates, 0) / found.length
  return `client.route, ${inWords(count)}: ${Math.round(routed * 100)} % of the numbers have a route, ${each.toFixed(1)} candidates each`
}

const batch = (asked: readonly string[], turn: number, size: number): readonly string[] =>
  asked.slice(turn * NUMBERS_PER_TURN, turn * NUMBERS_PER_TURN + size)

const routeAll =
  ({ route }: Sized, asked: readonly string[]) =>
  async (turn: number): Promise<void> => {
    for (const to of batch(asked, turn, NUMBERS_PER_TURN)) route(to)
  }

const MICROSECONDS = 1_000
const perNumber = (milliseconds: readonly number[], count: number): readonly number[] =>
  milliseconds.map((taken) => (taken * MICROSECONDS) / count)

async function besideSmallest(
  tables: readonly Sized[],
  asked: readonly string[],
  tools: Tools,
): Promise<readonly Result[]> {
  const [baseline = [], ...larger] = await measureInTurns(
    tables.map((table) => routeAll(table, asked)),
    TURNS,
    tools,
  )
  return larger.map((ours, index) =>
    judge(
      {
        name: `client.route, ${inWords(tables[index + 1]?.count ?? 0)} ÷ ${inWords(SMALL)}`,
        unit: 'µs',
        bound: 'at most',
        goal: MOST,
      },
      { ours: perNumber(ours, NUMBERS_PER_TURN), baseline: perNumber(baseline, NUMBERS_PER_TURN) },
    ),
  )
}

async function besideList(
  tables: readonly Sized[],
  asked: readonly string[],
  tools: Tools,
): Promise<readonly Result[]> {
  const table = tables.find(({ count }) => count === MIDDLE)
  if (table === undefined) return []
  const firstMatch = firstMatchList(table.operators)
  const search = async (turn: number): Promise<void> => {
    for (const to of batch(asked, turn, LISTED_PER_TURN)) firstMatch(to)
  }
  for (const to of asked.slice(0, CHECKED)) {
    if (firstMatch(to) !== table.route(to)[0]?.rule) throw new Error('the list takes another rule than the table')
  }
  const [ours = [], listed = []] = await measureInTurns([routeAll(table, asked), search], TURNS, tools)
  const perSecond = (milliseconds: readonly number[], count: number): readonly number[] =>
    milliseconds.map((taken) => (count * 1_000) / taken)
  const name = `client.route, ${inWords(MIDDLE)} ÷ an ordered list, first match`
  return [
    judge(
      { name, unit: 'lookups/s', bound: 'at least', goal: TIMES_FASTER },
      { ours: perSecond(ours, NUMBERS_PER_TURN), baseline: perSecond(listed, LISTED_PER_TURN) },
    ),
  ]
}

const inWords = (count: number): string => `${count.toLocaleString('en')} rules`
