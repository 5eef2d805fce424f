import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, LOOPBACK } from '../ports.ts'
import type { Provider, RunOptions } from '../provider.ts'
import { becomesReady } from '../readiness.ts'
import { POSTGRES_OWNER, type ServiceName, TITLES } from '../service.ts'
import { type ImageVariable, imageOf } from './images.ts'
import { type ContainerPlan, runContainer } from './run-container.ts'
import { sweepContainers } from './sweep.ts'
import { type Volume, volumeName } from './volumes.ts'

type Recipe = Pick<ContainerPlan, 'command' | 'environment' | 'containerPort' | 'url' | 'monitor'> &
  Readonly<{ data: Omit<Volume, 'name'> }>

/** Runs each service as a container of its official image, or of one that behaves like it. */
export async function containersProvider(): Promise<Provider> {
  await sweepContainers()
  return {
    name: 'containers',
    async run(service, options) {
      const { data, ...recipe } = await RECIPES[service](options)
      return runContainer(
        {
          ...recipe,
          title: TITLES[service],
          ...imageOf(IMAGES[service]),
          port: options.port,
          volume: options.durable ? { name: volumeName(options.dir, service), ...data } : undefined,
          becomesReady: (wait) => becomesReady(service, options.port, wait),
        },
        options.reaper,
      )
    },
  }
}

const IMAGES: Readonly<Record<ServiceName, ImageVariable>> = {
  postgres: 'POSTGRES_IMAGE',
  redis: 'REDIS_IMAGE',
  nats: 'NATS_IMAGE',
}

const RECIPES: Readonly<Record<ServiceName, (options: RunOptions) => Promise<Recipe>>> = {
  async postgres({ dir, durable, port }) {
    const password = durable ? await keptPassword(join(dir, 'postgres-password')) : newPassword()
    return {
      containerPort: 5432,
      url: `postgres://${POSTGRES_OWNER}:${password}@${LOOPBACK}:${port}/postgres`,
      environment: { POSTGRES_USER: POSTGRES_OWNER, POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres', PGDATA },
      command: ['max_connections=300', ...(durable ? [] : CARELESS)].flatMap((setting) => ['-c', setting]),
      data: { target: PGDATA, owner: 'postgres:postgres' },
    }
  },
  async redis({ durable, port }) {
    return {
      containerPort: 6379,
      url: `redis://${LOOPBACK}:${port}`,
      environment: {},
      command: ['--save', '', '--appendonly', durable ? 'yes' : 'no', ...(durable ? ['--dir', '/data'] : [])],
      data: { target: '/data' },
    }
  },
  async nats({ port }) {
    return {
      containerPort: 4222,
      url: `nats://${LOOPBACK}:${port}`,
      environment: {},
      command: ['-js', '-sd', '/data', '-m', '8222'],
      monitor: { port: await freePort(), containerPort: 8222 },
      data: { target: '/data' },
    }
  },
}

// Named on purpose: the official images of different versions have different defaults.
const PGDATA = '/var/lib/postgresql/data'

const CARELESS = ['fsync=off', 'full_page_writes=off']

async function keptPassword(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim()
  const password = newPassword()
  await writeFile(file, password, { mode: 0o600, flag: 'wx' })
  return password
}

function newPassword(): string {
  return randomBytes(24).toString('base64url')
}
