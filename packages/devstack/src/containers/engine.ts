import { getContainerRuntimeClient } from 'testcontainers'

/** Whether a container engine answers at the place where the environment says, or at a usual one. */
export async function engineAnswers(): Promise<boolean> {
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  )
}

/** Removes the container, running or not; one that is gone already is no error. */
export async function removeContainer({ id, removeVolumes }: { id: string; removeVolumes: boolean }): Promise<void> {
  const { container } = await getContainerRuntimeClient()
  try {
    await container.getById(id).remove({ force: true, v: removeVolumes })
  } catch (error) {
    // 404: no such container; 409: its removal is under way
    if (![404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)) throw error
  }
}
