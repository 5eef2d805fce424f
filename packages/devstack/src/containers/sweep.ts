import { hostname } from 'node:os'
import { getContainerRuntimeClient } from 'testcontainers'
import { isAlive } from '../lifetime/processes.ts'
import { removeContainer } from './engine.ts'
import { LABELS } from './labels.ts'

/** Removes the containers of processes of this machine that are gone, in case their reaper was killed with them. */
export async function sweepContainers(): Promise<void> {
  const { container } = await getContainerRuntimeClient()
  const filters = { label: [`${LABELS.host}=${hostname()}`] }
  const left = await container.dockerode.listContainers({ all: true, filters })
  const ownerless = left.filter(({ Labels: labels }) => {
    const owner = { pid: Number(labels[LABELS.ownerPid]), startedAt: labels[LABELS.ownerStartedAt] ?? '' }
    return !isAlive(owner)
  })
  await Promise.all(ownerless.map(({ Id: id }) => removeContainer({ id, removeVolumes: true })))
}
