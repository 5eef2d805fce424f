import Client from 'hashi-vault-js'
import { Agent } from 'node:http'

/** The library that the service uses, set up as a short program would: with connections that are kept alive. */
export type BareVault = Readonly<{
  /** The first version of a new secret. */
  write(operatorId: string): Promise<unknown>
  read(operatorId: string): Promise<Readonly<{ systemId: string; password: string }>>
}>

export function openBareVault({ url, token }: Readonly<{ url: string; token: string }>): BareVault {
  const client = new Client({ baseUrl: `${url}/v1`, timeout: 2_000 })
  const { defaults } = client.instance as { defaults: Record<'httpAgent', unknown> }
  defaults.httpAgent = new Agent({ keepAlive: true })
  const nameOf = (operatorId: string) => `ops/operators/${operatorId}/credentials`
  const secret = { systemId: 'bench', password: 'pass-wd1' }
  return {
    write: async (operatorId) => client.createKVSecret(token, nameOf(operatorId), secret, 'secret'),
    async read(operatorId) {
      const { data } = (await client.readKVSecret(token, nameOf(operatorId), 1, 'secret')) as { data: typeof secret }
      return data
    },
  }
}
