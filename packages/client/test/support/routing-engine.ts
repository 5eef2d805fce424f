import { type AdminClient, type Answer, createdOperator, expectStatus, type Service, until } from '@oms/testkit'
import { createOperatorClient, type OperatorClient, type OperatorClientOptions, type Problem } from '../../src/index.ts'

export type RoutingEngine = AsyncDisposable &
  Readonly<{
    client: OperatorClient
    /** The operator that a message to `to` would be offered to first. */
    choose(to: string): string | undefined
    /** Milliseconds until it chooses `operatorId` (undefined: nobody). Rejects after 60 s. */
    untilChosen(to: string, operatorId: string | undefined): Promise<number>
    problems: readonly Problem[]
  }>

type Around = Pick<Service, 'app' | 'nats' | 'pki' | 'redis'>

/** A routing-engine of the smallest kind, which is also an smpp-connector when it has that certificate. */
export async function startRoutingEngine(
  service: Around,
  {
    as = 'routing-engine',
    ...more
  }: Partial<OperatorClientOptions> & Readonly<{ as?: 'routing-engine' | 'smpp-connector' }> = {},
): Promise<RoutingEngine> {
  const problems: Problem[] = []
  const { cert, key } = service.pki.clients[as]
  const client = createOperatorClient({
    internalUrl: service.app('internal-api').url,
    tls: { cert, key, ca: service.pki.ca },
    nats: { servers: service.nats.url },
    redis: service.redis.url,
    onProblem: (problem) => problems.push(problem),
    ...more,
  })
  await client.ready
  const choose = (to: string): string | undefined => client.route(to)[0]?.operatorId
  return {
    client,
    choose,
    async untilChosen(to, operatorId) {
      const since = performance.now()
      const chosen = () => Promise.resolve(choose(to) === operatorId ? true : undefined)
      await until(`${operatorId ?? 'nobody'} chosen for ${to}`, chosen, 60_000)
      return performance.now() - since
    },
    problems,
    [Symbol.asyncDispose]: () => client.close(),
  }
}

/** An operator in service, and how its one rule is changed. */
export type Carrier = Readonly<{
  operatorId: string
  /** Resolves when the change is committed. */
  prefer(priority: number): Promise<Answer>
}>

export async function aCarrier(admin: AdminClient, prefix: string, priority: number): Promise<Carrier> {
  const { operatorId } = await createdOperator(admin)
  const rules = `/operators/${operatorId}/routing-rules`
  const rule = { prefix, priority, costPerSegment: '0.01', currency: 'USD' }
  const { ruleId } = expectStatus(await admin('POST', rules, rule), 201).body
  expectStatus(await admin('PATCH', `/operators/${operatorId}`, { status: 'ACTIVE' }), 200)
  return {
    operatorId,
    prefer: async (wanted) =>
      expectStatus(await admin('PATCH', `${rules}/${String(ruleId)}`, { priority: wanted }), 200),
  }
}
