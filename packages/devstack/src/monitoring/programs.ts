import { join } from 'node:path'
import { type InstallOptions, installNative } from '../native/install.ts'

/** Absolute paths. */
export type MonitoringPrograms = Readonly<Record<'prometheus' | 'promtool' | 'alertmanager' | 'amtool', string>>

/** Installs what is missing, as root on Debian; rejects with `DevstackUnavailable` where it cannot. There is no containers' form. */
export async function monitoringPrograms(options: Omit<InstallOptions, 'services'> = {}): Promise<MonitoringPrograms> {
  const { prometheus, alertmanager } = await installNative({ ...options, services: ['prometheus', 'alertmanager'] })
  if (!prometheus || !alertmanager) throw new Error('no program was found for the monitoring')
  return {
    prometheus: prometheus.main,
    promtool: join(prometheus.folder, 'promtool'),
    alertmanager: alertmanager.main,
    amtool: join(alertmanager.folder, 'amtool'),
  }
}
