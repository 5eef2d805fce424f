import { readFile } from 'node:fs/promises'
import { Agent, get } from 'node:https'
import type { StackFile } from '../start/stack-file.ts'
import { type Figure, figure } from './percentiles.ts'

const READS = 1_000
const WARM_UP = 50

/** Reads over one kept-alive mutual TLS connection, one at a time. */
export async function measureCredentials({ internal }: StackFile, operatorIds: readonly string[]): Promise<Figure> {
  const { ca, clients } = internal.tls
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: await readFile(ca),
    cert: await readFile(clients['smpp-connector'].cert),
    key: await readFile(clients['smpp-connector'].key),
  })
  const read = (operatorId: string) =>
    new Promise<number>((resolve, reject) => {
      const since = performance.now()
      get(`${internal.url}/v1/internal/operators/${operatorId}/credentials`, { agent }, (answer) => {
        answer.resume().on('end', () => {
          if (answer.statusCode === 200) resolve(performance.now() - since)
          else reject(new Error(`a read of credentials answered ${answer.statusCode ?? 0}`))
        })
      }).on('error', reject)
    })
  const samples: number[] = []
  for (let index = 0; index < READS + WARM_UP; index++) {
    samples.push(await read(operatorIds[index % operatorIds.length] ?? ''))
  }
  agent.destroy()
  return figure('credentials over mutual TLS, kept alive', samples.slice(WARM_UP))
}
