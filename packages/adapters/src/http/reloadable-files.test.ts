import { until } from '@oms/devstack/clients'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openReloadable } from './reloadable-files.ts'

t.test('files that are all gone are refused once, and in force again once they are back', async (t) => {
  const dir = t.testdir({})
  const paths = Array.from({ length: 8 }, (_, index) => join(dir, String(index)))
  const write = () => paths.forEach((path) => writeFileSync(path, 'text'))
  write()
  const told: unknown[] = []
  using _files = await openReloadable({
    paths,
    parse: async (texts) => texts.join(),
    onSwap: () => t.fail('nothing has changed'),
    onRefused: (failure) => told.push(failure),
    pollMs: 2,
  })
  for (let round = 1; round <= 5; round += 1) {
    for (const path of paths) rmSync(path)
    await until('it to be told', async () => (told.length >= 2 * round - 1 ? true : undefined))
    write()
    await until('it to be well', async () => (told.at(-1) === undefined ? true : undefined))
    t.equal(told.length, 2 * round)
  }
})
