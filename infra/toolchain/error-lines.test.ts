// ERROR means that a person is needed: each such line of the sources stands in docs/OBSERVABILITY.md with its runbook.
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'
import { PROBLEMS } from '../../packages/adapters/src/http/problem-table.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SOURCES = ['apps/*/src/**/*.ts', 'packages/{domain,adapters}/src/**/*.ts']

/** Calls at these levels, or at one that is chosen as the line is written; `nats connected` and its like choose among others. */
const CALL = /\blog(?:\.(?:error|fatal)|\[(?:level|[^\]]*'(?:error|fatal)'[^\]]*)\])\(/g

/** The message is the last text of the call. */
function messagesIn(source: string): string[] {
  return [...source.matchAll(CALL)].map(({ index, 0: head }) => {
    const begin = index + head.length
    let depth = 1
    let end = begin
    for (; depth > 0 && end < source.length; end += 1) depth += { '(': 1, ')': -1 }[source[end] ?? ''] ?? 0
    const texts = [...source.slice(begin, end).matchAll(/'((?:[^'\\]|\\.)*)'/g)]
    return texts.at(-1)?.[1] ?? `no text: ${source.slice(index, end)}`
  })
}

async function written(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const path of glob(SOURCES, { cwd: ROOT, exclude: ['**/*.test.ts'] })) {
    for (const message of messagesIn(await readFile(join(ROOT, path), 'utf8'))) found.set(message, path)
  }
  return found
}

async function documented() {
  const text = await readFile(join(ROOT, 'docs/OBSERVABILITY.md'), 'utf8')
  const [, table = ''] = /^\| Line at ERROR or above .*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(text) ?? []
  return table.split('\n').flatMap((row) => {
    const [, message, meaning, runbook] =
      /^\| `([^`]+)`[^|]*\| ([^|]+) \| \[[\w-]+\.md\]\(\.\.\/(runbooks\/[\w-]+\.md)\) \|$/.exec(row) ?? []
    return row === '' ? [] : [{ row, message, meaning, runbook }]
  })
}

t.test('every line at ERROR or above is documented with its meaning and a runbook, and no other', async (t) => {
  const lines = await written()
  const rows = await documented()
  t.ok(lines.size >= 10, `${lines.size} messages were found in the sources`)
  for (const { row, message, runbook } of rows) {
    t.ok(message !== undefined && lines.has(message), `no source writes: ${row}`)
    t.ok(runbook !== undefined && existsSync(join(ROOT, runbook)), `no runbook: ${row}`)
  }
  const told = new Set(rows.map(({ message }) => message))
  t.same(
    [...lines].filter(([message]) => !told.has(message)),
    [],
  )
})

t.test('of failed requests those codes are told apart whose level is ERROR', async (t) => {
  const rows = (await documented()).filter(({ message }) => message === 'request failed')
  const codes = Object.entries(PROBLEMS).flatMap(([code, { level }]) => (level === 'error' ? [code] : []))
  t.same(rows.map(({ row }) => /`code` (\w+)/.exec(row)?.[1]).toSorted(), codes.toSorted())
})

t.test('a message is found wherever its call ends, and whichever way its level is chosen', async (t) => {
  t.same(messagesIn(`log.error({ a: f('x') }, 'one'); request.log[level]({ code }, 'two')`), ['one', 'two'])
  t.same(messagesIn(`log[kind === 'k' ? 'error' : 'warn'](\n  { ...facts },\n  'three',\n)`), ['three'])
  t.same(messagesIn(`log.fatal('four'); log.warn('x'); log[up ? 'info' : 'warn']({}, 'y')`), ['four'])
  t.match(messagesIn('log.error({ err }, error.message)'), [/^no text/])
})
