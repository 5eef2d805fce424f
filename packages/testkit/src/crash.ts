import { until } from '@oms/devstack/clients'
import type { AppName } from '@oms/devstack/local'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningApp } from './running-app.ts'
import type { Service } from './service.ts'
import type { Test } from './surroundings.ts'
import { KILL_POINT_FILE } from './kill-points.ts'

/** Kills an app whose composition root dies at the points that are set here. */
export interface Crashes<Point extends string> {
  /** For the app that is to die. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * Runs `provoke` with `point` set and resolves when the process is gone; the point is no longer set then. What becomes
   * of `provoke` does not matter, for its answer dies with the process. Rejects when the point is not reached in 30 s.
   */
  at(point: Point, app: RunningApp, provoke: () => Promise<unknown>): Promise<void>
}

const REACHED_WITHIN_MS = 30_000

export async function prepareCrashes<Point extends string>(t: Test): Promise<Crashes<Point>> {
  const folder = await mkdtemp(join(tmpdir(), 'oms-crash-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'point')
  return {
    environment: { [KILL_POINT_FILE]: file },
    async at(point, app, provoke) {
      await writeFile(file, point)
      const provoked = provoke().catch(() => undefined)
      const limit = new AbortController()
      const tooLate = sleep(REACHED_WITHIN_MS, 'never reached', { signal: limit.signal })
      const code = await Promise.race([app.ended(), tooLate])
      limit.abort()
      tooLate.catch(() => undefined)
      await rm(file)
      if (code !== null) throw new Error(`${point}: ${code}, where ${app.app} should have been killed`)
      await provoked
    },
  }
}

/**
 * Lets the time pass after which others may take over from the dead processes of `app`: that of their leases, and that
 * after which an unfinished create is cleaned up.
 */
export async function outlast({ sql }: Pick<Service, 'sql'>, app: AppName): Promise<void> {
  // What the dead process had asked for last may still be committing.
  await until(`${app}'s last transactions`, async () => {
    const busy = await sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = ${app}
      AND state <> 'idle'`
    return busy.length === 0 ? true : undefined
  })
  await sql`DELETE FROM ops.leases WHERE holder LIKE ${`${app}@%`}`
  await sql`UPDATE ops.credential_cleanup SET due_at = now() WHERE reason <> 'deleted' AND sweeps = 0`
}
