import type { ChangeContext } from '../change/change-context.ts'
import { collectFieldErrors, given } from '../field-errors.ts'
import type { Secret } from '../secret.ts'
import { host } from './host.ts'
import { mnoId } from './mno-id.ts'
import { notes } from './notes.ts'
import type { OperatorSettings } from './operator.ts'
import type { CreateOperatorBody, UpdateOperatorBody } from './operator-bodies.ts'
import type { OperatorId } from './operator-id.ts'
import { operatorName } from './operator-name.ts'
import { password } from './password.ts'
import { port } from './port.ts'
import { systemId } from './system-id.ts'
import { systemType } from './system-type.ts'
import { TPS_LIMIT_DEFAULTS, type TpsLimit, tpsLimit } from './tps-limit.ts'
import type { VersionPrecondition } from './version-precondition.ts'

export type CreateOperator = Readonly<{
  settings: Omit<OperatorSettings, 'status'>
  password: Secret
  context: ChangeContext
}>

/** What an admin wants changed; a member that is not there stays. */
export type OperatorPatch = Readonly<
  Partial<Omit<OperatorSettings, 'tpsLimit'>> & { tpsLimit?: Partial<TpsLimit>; password?: Secret }
>

export type UpdateOperator = Readonly<{
  operatorId: OperatorId
  patch: OperatorPatch
  ifMatch?: VersionPrecondition
  context: ChangeContext
}>

export type SoftDeleteOperator = Readonly<{
  operatorId: OperatorId
  ifMatch?: VersionPrecondition
  context: ChangeContext
}>

/** Rejects with INVALID_PAYLOAD naming every field at fault; no message repeats a value. */
export function parseCreateOperator(body: CreateOperatorBody, context: ChangeContext): CreateOperator {
  const { field, assertNone } = collectFieldErrors()
  const command = {
    settings: {
      name: field(() => operatorName(body.name)),
      host: field(() => host(body.host)),
      port: field(() => port(body.port)),
      systemId: field(() => systemId(body.systemId)),
      systemType: field(() => systemType(body.systemType ?? '')),
      bindType: body.bindType,
      tpsLimit: field(() => tpsLimit(body.tpsLimit)),
      notes: field(() => orNull(body.notes, notes)),
      mnoId: field(() => orNull(body.mnoId, mnoId)),
    },
    password: field(() => password(body.password)),
    context,
  }
  assertNone()
  return command
}

/** As `parseCreateOperator`, for a merge patch. */
export function parseOperatorPatch(body: UpdateOperatorBody): OperatorPatch {
  const { field, assertNone } = collectFieldErrors()
  const patch = {
    ...given('name', body.name, (raw) => field(() => operatorName(raw))),
    ...given('host', body.host, (raw) => field(() => host(raw))),
    ...given('port', body.port, (raw) => field(() => port(raw))),
    ...given('systemId', body.systemId, (raw) => field(() => systemId(raw))),
    ...given('systemType', body.systemType, (raw) => field(() => systemType(raw ?? ''))),
    ...given('bindType', body.bindType, (raw) => raw),
    ...given('status', body.status, (raw) => raw),
    ...given('tpsLimit', body.tpsLimit, (raw) => field(() => tpsLimitPatch(raw))),
    ...given('notes', body.notes, (raw) => field(() => orNull(raw, notes))),
    ...given('mnoId', body.mnoId, (raw) => field(() => orNull(raw, mnoId))),
    ...given('password', body.password, (raw) => field(() => password(raw))),
  }
  assertNone()
  return patch
}

function tpsLimitPatch(raw: NonNullable<UpdateOperatorBody['tpsLimit']>): Partial<TpsLimit> {
  const patch = {
    ...given('maxTps', raw.maxTps, (value) => value),
    ...given('burstMultiplier', raw.burstMultiplier, (value) => value ?? TPS_LIMIT_DEFAULTS.burstMultiplier),
    ...given('burstWindowMs', raw.burstWindowMs, (value) => value ?? TPS_LIMIT_DEFAULTS.burstWindowMs),
    ...given('enforcementMode', raw.enforcementMode, (value) => value ?? TPS_LIMIT_DEFAULTS.enforcementMode),
  }
  tpsLimit({ maxTps: 1, ...patch })
  return patch
}

const orNull = <Raw, T>(raw: Raw | null | undefined, parse: (raw: Raw) => T): T | null =>
  raw === null || raw === undefined ? null : parse(raw)
