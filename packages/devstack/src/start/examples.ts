import { randomBytes } from 'node:crypto'

const EXAMPLES = [
  {
    name: 'Roshan Kabul',
    host: 'smpp.roshan.example',
    port: 2775,
    systemId: 'gateway1',
    bindType: 'TRANSCEIVER',
    tpsLimit: { maxTps: 500 },
    mnoId: 'roshan',
  },
  {
    name: 'Etisalat Herat',
    host: '192.0.2.20',
    port: 2776,
    systemId: 'gateway1',
    bindType: 'TRANSMITTER',
    tpsLimit: { maxTps: 200, enforcementMode: 'SOFT_THROTTLE' },
    mnoId: 'etisalat',
  },
  {
    name: 'AWCC Backup',
    host: '2001:db8::25',
    port: 3550,
    systemId: 'backup',
    systemType: 'SMS',
    bindType: 'RECEIVER',
    tpsLimit: { maxTps: 50 },
    notes: 'Receives delivery receipts only.\nThe carrier restarts it on Fridays.',
    mnoId: 'awcc',
  },
] as const

/** Creates the example operators through the API, the first of them ACTIVE. Rejects when the API refuses. */
export async function createExamples(adminUrl: string, token: string): Promise<void> {
  const call = caller(adminUrl, token)
  for (const [index, example] of EXAMPLES.entries()) {
    const { operatorId } = await call('POST', '/v1/admin/operators', {
      ...example,
      password: randomBytes(6).toString('base64url'),
    })
    if (index === 0) await call('PATCH', `/v1/admin/operators/${operatorId}`, { status: 'ACTIVE' })
  }
}

const caller = (adminUrl: string, token: string) => async (method: string, path: string, body: object) => {
  const answer = await fetch(`${adminUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  const result = (await answer.json()) as { operatorId: string; code?: string }
  // A run that was cut short has made it already.
  if (answer.ok || result.code === 'DUPLICATE_OPERATOR' || result.code === 'DUPLICATE_NAME') return result
  throw new Error(`${method} ${path} answered ${answer.status} ${result.code ?? ''}`)
}
