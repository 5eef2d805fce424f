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
