import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startDevstack } from '../devstack.ts'
import { descendants, identify } from '../lifetime/processes.ts'
import { DevstackUnavailable } from '../unavailable.ts'
import { installNative } from './install.ts'
import { withMachineLock } from './lock.ts'
import type { Machine } from './machine.ts'
import { findProgram } from './programs.ts'

const SERVICES = ['postgres', 'redis', 'nats'] as const

t.test(
  'who has neither servers, nor root with apt-get, nor Docker gets one sentence that says what to do',
  async (t) => {
    const expected = {
      name: 'DevstackUnavailable',
      message:
        'This machine lacks PostgreSQL 15.0 or newer, Redis 7.0 or newer, NATS 2.9 or newer: install them ' +
        '(apt-get install postgresql redis-server nats-server; brew install postgresql@16 redis nats-server), ' +
        'or start Docker, or run this as root on Debian to have them installed.',
    }
    const before = childrenOfThis()
    await t.rejects(installNative({ services: SERVICES, machine: machineWith([]) }), expected)
    await t.rejects(startDevstack({ machine: machineWith([]), provider: 'native' }), expected)
    t.same(childrenOfThis(), before)
  },
)

t.test('only what is missing is named, with the version that is too old', async (t) => {
  const dir = await folder(t)
  await program(dir, 'redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64')
  await program(dir, 'nats-server', 'nats-server: v2.8.4')
  await t.rejects(installNative({ services: ['redis', 'nats'], machine: machineWith([dir]) }), {
    message: new RegExp(`^This machine lacks NATS 2\\.9 or newer \\(${dir} has 2\\.8\\.4\\): install`),
  })
})

t.test('containers that are asked for and cannot be had are one sentence too', async (t) => {
  const failure = await startDevstack({ machine: machineWith([]), provider: 'containers' }).catch(
    (error: unknown) => error,
  )
  t.ok(failure instanceof DevstackUnavailable)
  t.match(failure, { message: /needs a Docker engine, and none answers/ })
})

t.test('versions are read as each server prints them, and the first folder with a good one wins', async (t) => {
  const [old, good, other] = await Promise.all([folder(t), folder(t), folder(t)])
  await program(old, 'postgres', 'postgres (PostgreSQL) 14.9 (Debian 14.9-1)')
  await program(old, 'initdb', '')
  await program(good, 'postgres', 'postgres (PostgreSQL) 16.4')
  await program(good, 'initdb', '')
  await program(other, 'postgres', 'postgres (PostgreSQL) 17.0')
  await program(other, 'initdb', '')
  const found = await findProgram('postgres', ['/nowhere', old, good, other])
  t.same(found, { found: { folder: good, main: join(good, 'postgres'), version: '16.4' } })
  t.same(await findProgram('postgres', [old]), {
    tooOld: { folder: old, main: join(old, 'postgres'), version: '14.9' },
  })
  t.same(await findProgram('postgres', ['/nowhere']), {})

  await program(good, 'nats-server', 'nats-server: v2.10.1')
  t.same(await findProgram('nats', [good]), {
    found: { folder: good, main: join(good, 'nats-server'), version: '2.10.1' },
  })
  await program(good, 'redis-server', 'Redis server v=8.0.2 sha=0')
  t.same(await findProgram('redis', [good]), {
    found: { folder: good, main: join(good, 'redis-server'), version: '8.0.2' },
  })
})

t.test('Alertmanager is found under its own name and under that of Debian', async (t) => {
  const [debian, other] = await Promise.all([folder(t), folder(t)])
  for (const [dir, name] of [
    [debian, 'prometheus-alertmanager'],
    [other, 'alertmanager'],
  ] as const) {
    await program(dir, name, 'alertmanager, version 0.25.0 (branch: debian/sid, revision: 0.25.0-1+b4)')
    t.same(await findProgram('alertmanager', [dir]), {}, 'amtool belongs to it')
    await program(dir, 'amtool', '')
    t.same(await findProgram('alertmanager', [dir]), {
      found: { folder: dir, main: join(dir, name), version: '0.25.0' },
    })
  }
})

t.test('who lacks what has no containers is not sent to Docker', async (t) => {
  await t.rejects(installNative({ services: ['prometheus', 'alertmanager'], machine: machineWith([]) }), {
    name: 'DevstackUnavailable',
    message:
      'This machine lacks Prometheus 2.42 or newer, Alertmanager 0.22 or newer: install them ' +
      '(apt-get install prometheus prometheus-alertmanager; brew install prometheus alertmanager), ' +
      'for which Docker is no substitute, or run this as root on Debian to have them installed.',
  })
})

t.test('a folder that has postgres without initdb is not enough, and one that fails is passed over', async (t) => {
  const [half, broken] = await Promise.all([folder(t), folder(t)])
  await program(half, 'postgres', 'postgres (PostgreSQL) 16.4')
  await writeFile(join(broken, 'redis-server'), '#!/bin/sh\nexit 3\n')
  await chmod(join(broken, 'redis-server'), 0o755)
  t.same(await findProgram('postgres', [half]), {})
  t.same(await findProgram('redis', [broken]), {})
})

t.test('one process of the machine at a time holds a lock', { skip: process.platform !== 'linux' }, async (t) => {
  const events: string[] = []
  const name = `oms-test-${process.pid}`
  const first = withMachineLock(name, async () => {
    events.push('first in')
    await new Promise((resolve) => setTimeout(resolve, 50))
    events.push('first out')
  })
  const second = withMachineLock(name, async () => void events.push('second in'))
  await Promise.all([first, second])
  t.same(events, ['first in', 'first out', 'second in'])
  await t.rejects(
    withMachineLock(name, async () => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  )
  t.equal(await withMachineLock(name, async () => 'free again'), 'free again')
})

function machineWith(folders: readonly string[]): Machine {
  return { folders: async () => folders, mayInstall: () => false, hasDocker: async () => false }
}

async function program(dir: string, name: string, says: string): Promise<void> {
  await writeFile(join(dir, name), `#!/bin/sh\necho '${says}'\n`)
  await chmod(join(dir, name), 0o755)
}

async function folder(t: { teardown(end: () => Promise<void>): void }): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'oms-programs-')))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

function childrenOfThis(): number {
  const me = identify(process.pid)
  return me ? descendants(me).length : 0
}
