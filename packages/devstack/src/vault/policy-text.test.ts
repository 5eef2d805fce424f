import t from 'tap'
import { matches, outranks } from './acl.ts'
import { durationOf, goDuration } from './input.ts'
import { parsePolicy } from './policy-text.ts'
import { VaultError } from './reply.ts'

/** The status of what is thrown; undefined if nothing is. */
function refusal(act: () => unknown): number | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof VaultError) return error.status
    throw error
  }
}

t.test('a policy is read with its comments, its name and the older shorthand', async (t) => {
  const text = `
    name = "mixed" # a name
    path "secret/data/a/*" { capabilities = ["create", "read",] }
    /* two
       lines */
    path "/secret/data/\\"quoted\\"" { policy = "read" } // older
  `
  t.same(parsePolicy(text), [
    { path: 'secret/data/a/*', capabilities: ['create', 'read'] },
    { path: 'secret/data/"quoted"', capabilities: ['read', 'list'] },
  ])
})

t.test('JSON says the same, as an object or as a list of objects', async (t) => {
  const rule = { 'secret/*': { capabilities: ['list'] } }
  const read = [{ path: 'secret/*', capabilities: ['list'] }]
  t.same(parsePolicy(JSON.stringify({ path: rule })), read)
  t.same(parsePolicy(JSON.stringify({ path: [rule] })), read)
})

t.test('what is no policy is a 400', async (t) => {
  const broken = [
    'path "x"',
    'path "x" {',
    'path x { capabilities = [] }',
    'path "x" { capabilities = ["read" "list"] }',
    'path "x" { capabilities = "read" }',
    'path "x" { policy = "all" }',
    'path "x/+*" { capabilities = ["read"] }',
    'pat "x" {}',
    'path "x" { capabilities = ["read"] } }',
    '{"path": {"x": {"capabilities": "read"}}}',
  ]
  for (const text of broken)
    t.equal(
      refusal(() => parsePolicy(text)),
      400,
      text,
    )
})

t.test('patterns match whole segments, a * any rest', async (t) => {
  const table: [string, string, boolean][] = [
    ['a/*', 'a/', true],
    ['a/*', 'a', false],
    ['a*', 'abc/d', true],
    ['+', 'a', true],
    ['+', 'a/b', false],
    ['+/b', 'a/b', true],
    ['a/+/c', 'a/b/c', true],
    ['a/+/c', 'a/b/b/c', false],
    ['a/+/c*', 'a/b/cd/e', true],
    ['a/b+', 'a/bc', false],
  ]
  for (const [pattern, path, expected] of table) t.equal(matches(pattern, path), expected, `${pattern} on ${path}`)
})

t.test('of two matching patterns the more specific one decides, in either order', async (t) => {
  const pairs: [string, string][] = [
    ['a/b/*', 'a/*'],
    ['foo/a*', 'foo/+'],
    ['foo/bar/+/baz', 'foo/+/bar/baz'],
    ['foo/+/bar', 'foo/+/ba*'],
    ['foo/+', 'foo/*'],
    ['foo/+/b/c', 'foo/+/+/c'],
    ['foo/+/bar/ba*', 'foo/+/bar/b*'],
  ]
  for (const [winner, loser] of pairs) {
    t.same([outranks(winner, loser), outranks(loser, winner)], [true, false], `${winner} over ${loser}`)
  }
})

t.test('durations are seconds, or numbers with units; they are printed as Go does', async (t) => {
  const read = (value: unknown) => durationOf({ ttl: value }, 'ttl')
  t.same(
    [read(90), read('90'), read('90s'), read('1h30m'), read('2d'), read('1500ms'), read('')],
    [90, 90, 90, 5_400, 172_800, 1, undefined],
  )
  for (const value of ['1x', 'h', '-1s', -1, {}])
    t.equal(
      refusal(() => read(value)),
      400,
    )
  t.same([0, 59, 60, 5_400, 172_800].map(goDuration), ['0s', '59s', '1m0s', '1h30m0s', '48h0m0s'])
})
