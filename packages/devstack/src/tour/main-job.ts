import { randomUUID } from 'node:crypto'
import { JSONCodec } from 'nats'
import { expectStatus } from '../clients/admin-client.ts'
import type { Narrator } from './narrator.ts'
import type { Tools } from './open-tour.ts'
import { until } from '../clients/until.ts'

/** Long enough to win over what else the local stack holds. */
const TOUR_PREFIX = '+99988877'

/** The story of one operator, from its create to its successor, on the real parts. Rejects at the first surprise. */
export async function playMainJob({ step }: Narrator, tools: Tools): Promise<void> {
  const { admin, events, peer, redis } = tools
  const suffix = randomUUID().slice(0, 8)
  const order = {
    name: `Tour ${suffix}`,
    host: 'smpp.tour.example',
    port: 2775,
    systemId: `tour-${suffix}`,
    password: 'first-pw',
    bindType: 'TRANSCEIVER',
    tpsLimit: { maxTps: 100 },
  }
  const create = async () => expectStatus(await admin('POST', '/operators', order), 201).body

  const created = await step(
    'an admin creates an operator',
    create,
    ({ operatorId, status, version }) => `201 ${text(operatorId)}, ${text(status)}, version ${text(version)}`,
  )
  const operatorId = text(created.operatorId)
  const path = `/operators/${operatorId}`

  await step(
    'its row in PostgreSQL knows no password',
    () => rowOf(tools, operatorId),
    (row) => `columns: ${Object.keys(row).join(', ')}`,
  )
  await step(
    'the secret is in Vault',
    () => secretOf(tools, operatorId),
    (version) => `secret/data/ops/operators/${operatorId}/credentials, version ${version}`,
  )
  await step(
    'everyone hears of it on NATS',
    () => events.next('operator.config.created.v1', operatorId),
    ({ payload }) => `operator.config.created.v1, version ${text(payload.version)}, by ${text(payload.createdBy)}`,
  )
  await step(
    'smpp-connector reads the credentials over mutual TLS',
    async () => peer(`${path}/credentials`),
    (answer) =>
      `${answer.status}, systemId ${text(answer.body.systemId)}, password right: ${answer.body.password === order.password}`,
  )
  await step(
    'without a client certificate the same call is refused',
    () => refusal(tools, `${path}/credentials`),
    (code) => code,
  )
  await step(
    'the connector reports a bind',
    () => report(tools, operatorId),
    () => 'operator.health.inbound.v1 BOUND',
  )
  await step(
    'routing-engine finds the state in Redis',
    () =>
      until('HEALTHY in Redis', async () => {
        const value = await redis.get(`ops:health:${operatorId}`)
        return value?.includes('"HEALTHY"') ? value : undefined
      }),
    (value) => value,
  )
  await step(
    'and hears of the transition',
    () => events.next('operator.health.v1', operatorId),
    ({ payload }) => `${text(payload.previousState)} → ${text(payload.newState)}`,
  )
  await step(
    'the admin rotates the password',
    async () => {
      const { body } = expectStatus(await admin('PATCH', path, { password: 'second' }), 200)
      await events.next('operator.config.updated.v1', operatorId)
      const { body: read } = await peer(`${path}/credentials`)
      return { version: body.credentialsVersion, fresh: read.password === 'second' }
    },
    ({ version, fresh }) => `Vault version ${text(version)}, the connector reads the new one: ${fresh}`,
  )
  await step(
    'the admin puts it into service, with a rule for a prefix',
    async () => {
      expectStatus(await admin('PATCH', path, { status: 'ACTIVE' }), 200)
      const rule = { prefix: TOUR_PREFIX, costPerSegment: '0.0042', currency: 'USD' }
      return expectStatus(await admin('POST', `${path}/routing-rules`, rule), 201).body
    },
    ({ prefix, costPerSegment, currency }) => `201 ${text(prefix)} at ${text(costPerSegment)} ${text(currency)}`,
  )
  await step(
    'and asks where a message would go',
    async () => {
      const to = encodeURIComponent(`${TOUR_PREFIX}1234567`)
      const { candidates } = expectStatus(await admin('GET', `/routing/preview?to=${to}`), 200).body
      const [first] = candidates as readonly Readonly<Record<string, unknown>>[]
      if (first?.operatorId !== operatorId) throw new Error('it would go elsewhere')
      return first
    },
    ({ rank, operatorName, healthState }) => `rank ${text(rank)}: ${text(operatorName)}, ${text(healthState)}`,
  )
  await step(
    'the admin deletes the operator',
    async () => {
      expectStatus(await admin('DELETE', path), 204)
      await events.next('operator.config.deleted.v1', operatorId)
      return peer(`${path}/credentials`)
    },
    ({ status }) => `204; its credentials now answer ${status}`,
  )
  const successor = await step(
    'the same endpoint may be created again',
    create,
    (body) => `201 ${text(body.operatorId)}, a new operator`,
  )
  await step('the tour tidies up', async () =>
    expectStatus(await admin('DELETE', `/operators/${text(successor.operatorId)}`), 204),
  )
}

async function rowOf({ sql }: Tools, operatorId: string): Promise<Record<string, unknown>> {
  const [row] = await sql`SELECT name, host, port, system_id, status, version, credentials_version
    FROM ops.operators WHERE operator_id = ${operatorId}`
  if (row === undefined) throw new Error('the row is missing')
  const [secret] = await sql`SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'ops' AND column_name ~* '(password|passwd|secret)'`
  if (secret !== undefined) throw new Error('there is a column for a secret')
  return row
}

async function secretOf({ vault }: Tools, operatorId: string): Promise<number> {
  const answer = await vault('GET', `secret/data/ops/operators/${operatorId}/credentials`)
  const { metadata } = answer.data as { metadata?: { version: number } }
  if (metadata === undefined) throw new Error(`Vault answered ${answer.status}`)
  return metadata.version
}

async function refusal({ peer }: Tools, path: string): Promise<string> {
  try {
    await peer(path, 'none')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'refused'
  }
  throw new Error('the call was answered')
}

async function report({ events }: Tools, operatorId: string): Promise<void> {
  const body = {
    schemaVersion: '1',
    eventId: randomUUID(),
    operatorId,
    at: new Date().toISOString(),
    bindState: 'BOUND',
    errorRate: 0.01,
  }
  await events.jetstream.publish('operator.health.inbound.v1', JSONCodec().encode(body))
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
