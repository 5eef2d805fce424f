import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'
import { SERVICE_NAMES, type ServiceName } from '../service.ts'

/** A named volume and where a container finds it. `owner`: the user and group in the image that must be able to write there. */
export type Volume = Readonly<{ name: string; target: string; owner?: string }>

/** A volume per stack folder and service: a bind mount would leave files there that only root can remove. */
export function volumeName(dir: string, service: ServiceName): string {
  return `oms-${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 16)}-${service}`
}

/** An image that does not start as root cannot take a new volume for itself, as the official ones do. */
export async function giveVolume({ name, target, owner }: Volume, image: string): Promise<void> {
  if (owner === undefined || (await existing([name])).length > 0) return
  const container = await new GenericContainer(image)
    .withUser('root')
    .withEntrypoint(['chown', owner, target])
    .withCommand([])
    .withBindMounts([{ source: name, target }])
    .withAutoCleanup(false)
    .withWaitStrategy(Wait.forOneShotStartup())
    .start()
  await container.stop()
}

export async function removeVolumes(dir: string): Promise<void> {
  const { container } = await getContainerRuntimeClient()
  const found = await existing(SERVICE_NAMES.map((service) => volumeName(dir, service)))
  await Promise.all(found.map((name) => container.dockerode.getVolume(name).remove()))
}

async function existing(names: readonly string[]): Promise<string[]> {
  const { container } = await getContainerRuntimeClient()
  const { Volumes: volumes } = await container.dockerode.listVolumes()
  return volumes.map(({ Name: name }) => name).filter((name) => names.includes(name))
}
