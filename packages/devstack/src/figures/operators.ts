import { randomUUID } from 'node:crypto'
import { expectStatus } from '../clients/index.ts'
import type { Tools } from '../tour/open-tour.ts'

/** Creates operators for the measurement and deletes them afterwards. */
export async function withOperators<T>(
  { admin }: Tools,
  count: number,
  measure: (operatorIds: readonly string[]) => Promise<T>,
): Promise<T> {
  const operatorIds: string[] = []
  try {
    for (let index = 0; index < count; index++) {
      const unique = randomUUID().slice(0, 8)
      const order = {
        name: `Figures ${unique}`,
        host: `${unique}.figures.example`,
        port: 2775,
        systemId: `fig-${unique}`,
        password: 'figures1',
        bindType: 'TRANSCEIVER',
        tpsLimit: { maxTps: 100 },
      }
      const { body } = expectStatus(await admin('POST', '/operators', order), 201)
      operatorIds.push(String(body.operatorId))
    }
    return await measure(operatorIds)
  } finally {
    for (const operatorId of operatorIds) await admin('DELETE', `/operators/${operatorId}`)
  }
}
