import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { getContainerRuntimeClient } from 'testcontainers'
import { SERVICE_NAMES, type ServiceName } from '../service.ts'

/** A volume per stack folder and service: a bind mount would leave files there that only root can remove. */
export function volumeName(dir: string, service: ServiceName): string {
  return `oms-${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 16)}-${service}`
}

export async function removeVolumes(dir: string): Promise<void> {
  const { container } = await getContainerRuntimeClient()
  const { Volumes: volumes } = await container.dockerode.listVolumes()
  const ours = new Set(SERVICE_NAMES.map((service) => volumeName(dir, service)))
  const found = volumes.filter(({ Name: name }) => ours.has(name))
  await Promise.all(found.map(({ Name: name }) => container.dockerode.getVolume(name).remove()))
}
