import { type AdminClient, type Answer, expectStatus } from '@oms/devstack/clients'
import { randomUUID } from 'node:crypto'

/** The body of a create that collides with no other. */
export function anOperator(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const unique = randomUUID().slice(0, 8)
  return {
    name: `Operator ${unique}`,
    host: `${unique}.smpp.example`,
    port: 2775,
    systemId: `sys-${unique}`,
    bindType: 'TRANSCEIVER',
    password: 'pass-wd1',
    tpsLimit: { maxTps: 100 },
    ...fields,
  }
}

/** Creates one and returns it as the API answers. */
export async function createdOperator(
  admin: AdminClient,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Answer['body'] & Readonly<{ operatorId: string; name: string; host: string; systemId: string }>> {
  const { body } = expectStatus(await admin('POST', '/operators', anOperator(fields)), 201)
  return body as Awaited<ReturnType<typeof createdOperator>>
}
