import type { SeenEvent } from '@oms/devstack/clients'
import type { Service } from './service.ts'
import { isAcknowledged, type Write } from './write-load.ts'

/** Each acknowledged change that does not have exactly one event which tells of it; the outbox must be empty. */
export async function lostWrites({ events }: Pick<Service, 'events'>, writes: readonly Write[]): Promise<string[]> {
  const told = Map.groupBy(await events.stored('OPERATOR_CONFIG'), ({ payload }) => String(payload.operatorId))
  return writes.filter(isAcknowledged).flatMap((write) => {
    const found = (told.get(write.operatorId) ?? []).filter((event) => tellsOf(event, write))
    return found.length === 1 ? [] : [`${write.kind} of ${write.operatorId}: ${found.length} events tell of it`]
  })
}

function tellsOf({ subject, payload }: SeenEvent, { kind, version, notes }: Write): boolean {
  switch (kind) {
    case 'create':
      return subject === 'operator.config.created.v1' && payload.version === 1
    case 'update':
      return payload.version === version && (payload.newValues as { notes?: unknown } | undefined)?.notes === notes
    case 'rotate':
      return payload.version === version && (payload.changedFields as string[] | undefined)?.[0] === 'credentials'
    case 'delete':
      return subject === 'operator.config.deleted.v1'
  }
}
