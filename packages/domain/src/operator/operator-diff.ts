import type { Operator } from './operator.ts'

/** What of an operator events and history may show: no secret is part of it. */
export const auditView = (operator: Operator): Readonly<Record<string, unknown>> => ({
  name: operator.name,
  host: operator.host,
  port: operator.port,
  systemId: operator.systemId,
  systemType: operator.systemType,
  bindType: operator.bindType,
  tpsLimit: operator.tpsLimit,
  status: operator.status,
  notes: operator.notes,
  mnoId: operator.mnoId,
  credentialsVersion: operator.credentialsVersion,
  version: operator.version,
  deletedAt: operator.deletedAt?.toISOString() ?? null,
})

/** Dotted paths that differ, with both sides' values under the same keys. */
export type OperatorDiff = Readonly<{
  changedFields: readonly string[]
  previousValues: Readonly<Record<string, unknown>>
  newValues: Readonly<Record<string, unknown>>
}>

/**
 * `rotated` says that the secret was written: a change even where its version number is the old one, as after Vault lost
 * the secret and counts anew.
 */
export function diffOperators(before: Operator, after: Operator, rotated = false): OperatorDiff {
  const [previous, next] = [flattened(before), flattened(after)]
  const changedFields = Object.keys(next).filter(
    (path) => previous[path] !== next[path] || (rotated && path === 'credentials'),
  )
  const pick = (side: Record<string, unknown>) => Object.fromEntries(changedFields.map((path) => [path, side[path]]))
  return { changedFields, previousValues: pick(previous), newValues: pick(next) }
}

function flattened(operator: Operator): Record<string, unknown> {
  const { tpsLimit } = operator
  return {
    name: operator.name,
    host: operator.host,
    port: operator.port,
    systemId: operator.systemId,
    systemType: operator.systemType,
    bindType: operator.bindType,
    status: operator.status,
    'tpsLimit.maxTps': tpsLimit.maxTps,
    'tpsLimit.burstMultiplier': tpsLimit.burstMultiplier,
    'tpsLimit.burstWindowMs': tpsLimit.burstWindowMs,
    'tpsLimit.enforcementMode': tpsLimit.enforcementMode,
    notes: operator.notes,
    mnoId: operator.mnoId,
    // A rotation shows by the secret's version numbers, never by its value.
    credentials: operator.credentialsVersion,
  }
}
