import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LOOPBACK } from '../ports.ts'
import { type Monitor, type MonitorOptions, startMonitor } from './monitor.ts'

export type AlertmanagerOptions = MonitorOptions &
  Readonly<{
    /** The text of its configuration, YAML. */
    config: string
  }>

/** Alertmanager by itself, in no cluster. Rejects with what it says of a configuration that it refuses. */
export function startAlertmanager({ config, ...options }: AlertmanagerOptions): Promise<Monitor> {
  return startMonitor('alertmanager', options, async ({ home, port, url }) => {
    const file = join(home, 'alertmanager.yml')
    await writeFile(file, config, { mode: 0o600 })
    return [
      `--config.file=${file}`,
      `--storage.path=${join(home, 'data')}`,
      `--web.listen-address=${LOOPBACK}:${port}`,
      `--web.external-url=${url}`,
      '--cluster.listen-address=',
    ]
  })
}
