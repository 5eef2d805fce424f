import { until } from '@oms/devstack/clients'
import type { Service } from './service.ts'
import {
  contradictions,
  type Facts,
  ofVisibility,
  type OperatorFact,
  type RuleFact,
  type Transition,
  type Versions,
} from './soundness.ts'

type Asked = Pick<Service, 'admin' | 'peer' | 'secrets' | 'sql' | 'events'>

/**
 * Waits until relay and sweeper have nothing left to do, then holds all parts of the service against each other: rows,
 * both APIs, Vault, history, streams, health. Rejects with every contradiction. Nobody may write meanwhile.
 */
export async function assertSound(service: Asked): Promise<void> {
  await atRest(service)
  const wrong = contradictions(await readFacts(service))
  if (wrong.length > 0) throw new Error(`the service is not sound:\n${wrong.join('\n')}`)
}

/** That whatever the internal API shows is complete: for the time in which nothing is cleaned up yet, or no admin-api runs. */
export async function assertNothingHalfMade(service: Asked): Promise<void> {
  const operators = await readOperators(service)
  const listed = await listInternally(service)
  const credentials = await readCredentials(service, listed)
  const wrong = ofVisibility({ operators, listed: { 'internal API': listed }, credentials })
  if (wrong.length > 0) throw new Error(`something half made is visible:\n${wrong.join('\n')}`)
}

/** A sweep that failed, Vault being slow, is made again after 30 s. */
const REST_WITHIN_MS = 45_000

/** Everything is published or parked, and nothing waits for the sweeper. */
async function atRest({ sql }: Asked): Promise<void> {
  const rested = async () => {
    const [row] = await sql<{ waiting: boolean }[]>`
      SELECT EXISTS (SELECT FROM ops.outbox WHERE published_at IS NULL AND parked_at IS NULL)
          OR EXISTS (SELECT FROM ops.credential_cleanup WHERE due_at <= now())
          OR EXISTS (SELECT FROM ops.operators WHERE provisioning = 'PENDING') AS waiting`
    return row?.waiting === false ? true : undefined
  }
  await until('an outbox that is drained, no due clean-up, no claim', rested, REST_WITHIN_MS)
}

export async function readFacts(service: Asked): Promise<Facts> {
  const { sql, events } = service
  const internally = listInternally(service)
  const [operators, admin, internal, credentials, secrets, rules] = await Promise.all([
    readOperators(service),
    listForAdmins(service),
    internally,
    internally.then((listed) => readCredentials(service, listed)),
    listSecrets(service),
    readRules(service),
  ])
  const cleanups = await sql<{ operatorId: string; reason: string; due: boolean }[]>`
    SELECT operator_id AS "operatorId", reason, due_at <= now() OR sweeps > 0 AS due FROM ops.credential_cleanup`
  const audit = await sql<Facts['audit'][number][]>`
    SELECT audit_id AS "auditId", operator_id AS "operatorId", version FROM ops.admin_audit_log ORDER BY at, version`
  const [outbox] = await sql<{ unpublished: number }[]>`
    SELECT count(*)::integer AS unpublished FROM ops.outbox WHERE published_at IS NULL`
  const healthLog = await sql<Transition[]>`
    SELECT operator_id AS "operatorId", transition::integer, previous_state AS "previousState", new_state AS "newState"
    FROM ops.operator_health_log ORDER BY received_at, transition`
  const health = await sql<{ operatorId: string; state: string; transitions: number }[]>`
    SELECT operator_id AS "operatorId", state, transitions::integer FROM ops.operator_health`
  return {
    operators,
    listed: { 'admin API': admin, 'internal API': internal },
    ...rules,
    servedRules: internal.flatMap((operator) => operator.rules.map(({ ruleId }) => ruleId)),
    credentials,
    secrets,
    cleanups,
    audit,
    unpublished: outbox?.unpublished ?? 0,
    healthLog,
    health,
    configEvents: (await events.stored('OPERATOR_CONFIG')).map(({ subject, payload, messageId }) => ({
      operatorId: String(payload.operatorId),
      subject,
      version: Number(payload.version),
      messageId,
    })),
    auditEvents: await events.stored('OPS_AUDIT'),
    healthEvents: (await events.stored('OPERATOR_HEALTH')).map(({ payload, messageId }) => ({
      ...(payload as unknown as Transition),
      messageId,
    })),
  }
}

const readOperators = ({ sql }: Asked): Promise<readonly OperatorFact[]> => sql<OperatorFact[]>`
  SELECT operator_id AS "operatorId", provisioning, version, credentials_version AS "credentialsVersion",
         deleted_at IS NOT NULL AS deleted
  FROM ops.operators`

async function listForAdmins({ admin }: Asked): Promise<readonly Versions[]> {
  const listed: Versions[] = []
  for (let page = 1; ; page += 1) {
    const { body } = await admin('GET', `/operators?limit=200&page=${page}`)
    const data = body.data as readonly Versions[]
    listed.push(...data)
    if (data.length < 200) return listed
  }
}

type Served = Versions & Readonly<{ rules: readonly Readonly<{ ruleId: string }>[] }>

const listInternally = async ({ peer }: Asked): Promise<readonly Served[]> =>
  (await peer('/operators')).body.operators as readonly Served[]

async function readRules({
  sql,
}: Asked): Promise<Pick<Facts, 'rules' | 'destinations' | 'ruleCounts' | 'overlaps' | 'runningKeys'>> {
  const rules = await sql<RuleFact[]>`
    SELECT rule_id AS "ruleId", operator_id AS "operatorId", active FROM ops.routing_rules`
  const destinations = await sql<{ ruleId: string }[]>`SELECT rule_id AS "ruleId" FROM ops.destination_prefixes`
  const counts = await sql<{ operatorId: string; rules: number }[]>`
    SELECT operator_id AS "operatorId", routing_rule_count AS rules FROM ops.operators`
  // In the words of the rule, not in those of the constraints that hold it.
  const overlaps = await sql<{ pair: string }[]>`
    SELECT a.operator_id || ': ' || a.prefix || ' overlaps ' || b.prefix AS pair
    FROM ops.routing_rules a
    JOIN ops.routing_rules b ON b.operator_id = a.operator_id AND b.rule_id <> a.rule_id
      AND b.prefix >= a.prefix AND b.prefix < a.prefix || ':'
    WHERE a.active AND b.active
      AND (a.prefix <> b.prefix OR a.rule_id < b.rule_id)
      AND (a.prefix = b.prefix OR NOT (a.allow_nested OR b.allow_nested))
      AND (a.mcc IS NULL OR b.mcc IS NULL OR a.mcc = b.mcc)
      AND (a.mnc IS NULL OR b.mnc IS NULL OR a.mnc = b.mnc)
    LIMIT 20`
  const [keys] = await sql<{ running: number }[]>`
    SELECT count(*)::integer AS running FROM ops.idempotency_keys WHERE state = 'RUNNING'`
  return {
    rules,
    destinations: destinations.map(({ ruleId }) => ruleId),
    ruleCounts: Object.fromEntries(counts.map((row) => [row.operatorId, row.rules])),
    overlaps: overlaps.map(({ pair }) => pair),
    runningKeys: keys?.running ?? 0,
  }
}

const PATH = 'ops/operators'

async function listSecrets({ secrets }: Asked): Promise<readonly string[]> {
  // An empty folder is a 404: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#list-secrets
  const { data } = await secrets('LIST', `secret/metadata/${PATH}`)
  return ((data.keys ?? []) as readonly string[]).map((key) => key.replace(/\/$/, ''))
}

/** Handshakes at a time: each is a new connection, and hundreds at once would be refused as the overload that they are. */
const READERS = 8

async function readCredentials({ peer, secrets }: Asked, listed: readonly Versions[]): Promise<Facts['credentials']> {
  const read: Facts['credentials'][number][] = []
  const left = [...listed]
  const reader = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { operatorId, credentialsVersion } = next
      const [{ status, body }, { data }] = await Promise.all([
        peer(`/operators/${operatorId}/credentials`),
        secrets('GET', `secret/data/${PATH}/${operatorId}/credentials?version=${credentialsVersion}`),
      ])
      const held = data.data as Readonly<Record<string, unknown>> | null | undefined
      const genuine =
        body.credentialsVersion === credentialsVersion &&
        typeof held?.password === 'string' &&
        body.password === held.password &&
        body.systemId === held.systemId
      read.push({ operatorId, status, genuine })
    }
  }
  await Promise.all(Array.from({ length: READERS }, reader))
  return read
}
