import { memoryPorts } from '@oms/domain/memory'
import {
  createOperator,
  operatorIdFrom,
  type CreateOperatorBody,
  parseCreateOperator,
  parseOperatorPatch,
  softDeleteOperator,
  updateOperator,
  type UpdateOperatorBody,
} from '@oms/domain'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Migrate, Rollback } from '../../src/migrate-operators/arguments.ts'
import { migrateSheet } from '../../src/migrate-operators/migrate-sheet.ts'
import type { Report } from '../../src/migrate-operators/report.ts'
import { rollBack } from '../../src/migrate-operators/rollback.ts'

type Teardown = Readonly<{ teardown(end: () => PromiseLike<void>): void }>

export const HEADER = 'name,status,host,port,system_id,bind_type,password,max_tps,prefixes,cost_per_segment'

/** A row below HEADER; `fields` replace its cells by place. */
export const aRow = (name: string, fields: Readonly<Partial<Record<number, string>>> = {}): string =>
  [name, '', `${name.toLowerCase()}.example`, '2775', 'gw', 'TRX', 'pass-wd1', '100', '', '0.01']
    .map((cell, index) => fields[index] ?? cell)
    .join(',')

export type MigrationWorld = ReturnType<typeof memoryPorts> &
  Readonly<{ credentialsRetentionDays: number; outageMs: number; raceMs: number }>

/** The migration on memory ports, its files in a folder of the test's own. */
export async function aMigration(t: Teardown) {
  const folder = await mkdtemp(join(tmpdir(), 'oms-migration-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const clock = { at: Date.parse('2026-11-20T12:00:00.000Z') }
  const ports: MigrationWorld = {
    ...memoryPorts({ now: () => new Date(clock.at) }),
    credentialsRetentionDays: 30,
    outageMs: 1_000,
    raceMs: 5_000,
    // Waiting is what moves this clock.
    pause: async (milliseconds: number) => void (clock.at += milliseconds),
  }
  const path = (name: string): string => join(folder, name)
  const shown: string[] = []
  const outages: unknown[] = []
  const run = (stopAsked: AbortSignal) => ({
    ports,
    screen: { isTerminal: false, width: 80, write: (text: string) => void shown.push(text), elapsedMs: () => 0 },
    width: 4,
    stopAsked,
    onOutage: (error: unknown) => void outages.push(error),
    now: () => new Date(clock.at),
  })
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(path(name), text)
    return path(name)
  }

  return {
    ports,
    shown,
    outages,
    path,
    write,
    /** Migrates this text, by default with HEADER above it, and returns the report that was written. */
    async migrate(
      rows: string | readonly string[],
      options: Partial<Migrate> & Readonly<{ stopAsked?: AbortSignal }> = {},
    ): Promise<Report & { text: string }> {
      const text = typeof rows === 'string' ? rows : [HEADER, ...rows, ''].join('\n')
      const sheet = await write('sheet.csv', text)
      const command = {
        passwords: undefined,
        approved: undefined,
        dryRun: false,
        report: path('report.json'),
        ...options,
      }
      await migrateSheet({ kind: 'migrate', sheet, ...command }, run(options.stopAsked ?? new AbortController().signal))
      const written = await readFile(command.report, 'utf8')
      return { ...(JSON.parse(written) as Report), text: written }
    },
    async rollBack(options: Partial<Rollback> = {}) {
      const command = { of: path('report.json'), report: path('rollback.json'), dryRun: false, ...options }
      const ended = await rollBack({ kind: 'rollback', ...command }, run(new AbortController().signal))
      return { ...ended, report: JSON.parse(await readFile(command.report, 'utf8')) as Record<string, unknown> }
    },
    /** As an admin would make it; the rest is as `aRow` has it. */
    create: (fields: Pick<CreateOperatorBody, 'name' | 'host'>) =>
      createOperator(ports, parseCreateOperator({ ...OF_A_ROW, ...fields }, BY_AMINA)),
    update: (operatorId: string | undefined, body: UpdateOperatorBody) =>
      updateOperator(ports, {
        operatorId: operatorIdFrom(operatorId ?? ''),
        patch: parseOperatorPatch(body),
        context: BY_AMINA,
      }),
    softDelete: (operatorId: string | undefined) =>
      softDeleteOperator(ports, { operatorId: operatorIdFrom(operatorId ?? ''), context: BY_AMINA }),
    live: () => [...ports.store.operators.values()].map(({ operator }) => operator).filter((one) => !one.deletedAt),
    entries: async () => collected(ports.directory.stream()),
    /** Everything that a write would change. */
    footprint: (): object => structuredClone({ ...ports.store, now: undefined, lock: undefined, claims: undefined }),
  }
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const OF_A_ROW = {
  port: 2775,
  systemId: 'gw',
  bindType: 'TRANSCEIVER',
  password: 'pass-wd1',
  tpsLimit: { maxTps: 100 },
} as const

const BY_AMINA = { actor: 'amina', requestId: null, traceparent: null, sourceAddress: null }
