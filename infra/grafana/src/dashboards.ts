import { alertsIn, readRules } from '../../prometheus/src/rule-files.ts'
import { events } from './events/dashboard.ts'
import { health } from './health/dashboard.ts'
import { overview } from './overview/dashboard.ts'
import { processes } from './processes/dashboard.ts'
import type { Dashboard } from './kit/dashboard.ts'
import { slos } from './slos/dashboard.ts'
import { vault } from './vault/dashboard.ts'

/** Where the dashboards are written, from the root: nothing else lies there. */
export const DASHBOARDS = 'infra/grafana/dashboards'

/** Each by the name of its file, without the ending. */
export async function dashboards(): Promise<Readonly<Record<string, Dashboard>>> {
  return {
    overview: overview(alertsIn(await readRules())),
    vault: vault(),
    events: events(),
    health: health(),
    slos: slos(),
    processes: processes(),
  }
}
