import { execFileSync } from 'node:child_process'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { contractBase, filesAt } from './contract-base.ts'

const folder = async (t: Readonly<{ teardown: (end: () => Promise<void>) => void }>): Promise<string> => {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'contract-')))
  t.teardown(() => rm(path, { recursive: true }))
  return path
}

t.test('the base is the commit that is named, or where the branch left main, or HEAD', async (t) => {
  const root = await folder(t)
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false', ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    ).trim()
  const commit = async (text: string) => {
    await writeFile(join(root, 'a schema.json'), text)
    git('add', '.')
    git('commit', '-q', '-m', text)
    return git('rev-parse', 'HEAD')
  }
  git('init', '-q', '-b', 'work')
  t.match(await contractBase(root), { commit: undefined, why: /\S/ }, 'no commit yet')
  const first = await commit('{"of":"first"}')
  const second = await commit('{"of":"second"}')

  t.same(await contractBase(root), { commit: second, named: 'HEAD' })
  t.same(await contractBase(root, first), { commit: first, named: first })
  t.same(await contractBase(root, 'HEAD~1'), { commit: first, named: 'HEAD~1' })
  t.same(await contractBase(root, '0'.repeat(40)), { commit: second, named: 'HEAD' }, 'a branch pushed first')
  await t.rejects(contractBase(root, 'f'.repeat(40)), /is no commit of this clone/)
  git('update-ref', 'refs/remotes/origin/main', first)
  t.same(await contractBase(root), { commit: first, named: 'origin/main' })

  t.same([...(await filesAt(root, first, ['a schema.json', 'absent']))], [['a schema.json', '{"of":"first"}']])
  t.same([...(await filesAt(root, second, ['absent']))], [])
})

t.test('without a history there is nothing to compare with, and that is told', async (t) => {
  t.match(await contractBase(await folder(t)), { commit: undefined, why: /\S/ })
})
