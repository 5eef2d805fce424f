import { problemResponses, TpsLimitResource } from '@oms/adapters/http'
import { withSpan } from '@oms/adapters/telemetry'
import { DomainError, getOperatorCredentials, operatorIdFrom, type OperatorWithCredentials } from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'
import type { InternalPorts, InternalRoute } from '../internal-route.ts'
import { OperatorParams } from './params.ts'

const CredentialsResource = Type.Object(
  {
    operatorId: Type.String(),
    host: Type.String(),
    port: Type.Integer(),
    bindType: Type.String(),
    systemType: Type.String(),
    tpsLimit: TpsLimitResource,
    systemId: Type.String(),
    password: Type.String({ description: 'The only place of any API where it is' }),
    credentialsVersion: Type.Integer(),
    version: Type.Integer(),
  },
  { title: 'OperatorCredentials', description: 'What its bind needs' },
)

export const getOperatorCredentialsRoute: InternalRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId/credentials',
    {
      config: { client: 'credentials' },
      schema: {
        operationId: 'getOperatorCredentials',
        tags: ['Operators'],
        summary: 'Read what a bind of an operator needs, its password too',
        params: OperatorParams,
        response: {
          200: CredentialsResource,
          ...problemResponses('CLIENT_NOT_ALLOWED', 'OPERATOR_NOT_FOUND', 'VAULT_UNAVAILABLE', 'CREDENTIALS_MISSING'),
        },
      },
    },
    async (request, reply) => {
      const { operatorId } = request.params
      const read = await observed(ports, { ...request.identity, operatorId }, async () =>
        getOperatorCredentials(ports, operatorIdFrom(operatorId)),
      )
      return reply.header('cache-control', 'no-store').send(toResource(read))
    },
  )
}

const toResource = ({ operator, credentials }: OperatorWithCredentials): Static<typeof CredentialsResource> => ({
  operatorId: operator.operatorId,
  host: operator.host,
  port: operator.port,
  bindType: operator.bindType,
  systemType: operator.systemType,
  tpsLimit: operator.tpsLimit,
  systemId: credentials.systemId,
  password: credentials.password.reveal(),
  credentialsVersion: operator.credentialsVersion,
  version: operator.version,
})

/** Who read which operator's credentials, and with what result: one line and one count for each read. */
async function observed(
  { log, metrics }: InternalPorts,
  who: object,
  useCase: () => Promise<OperatorWithCredentials>,
): Promise<OperatorWithCredentials> {
  const since = performance.now()
  const tell = (result: 'ok' | 'not_found' | 'missing' | 'vault_error' | 'error') => {
    metrics.credentialsRead.inc({ result })
    const durationMs = Math.round((performance.now() - since) * 10) / 10
    log.info({ action: 'credentials', ...who, result, durationMs }, 'credentials read')
  }
  try {
    const read = await withSpan('ops.internal.getCredentials', { attributes: { 'ops.action': 'credentials' } }, useCase)
    tell('ok')
    return read
  } catch (error) {
    tell(resultOf(error))
    throw error
  }
}

function resultOf(error: unknown): 'not_found' | 'missing' | 'vault_error' | 'error' {
  if (!(error instanceof DomainError)) return 'error'
  if (error.code === 'OPERATOR_NOT_FOUND') return 'not_found'
  // The row is there and its secret is not: Vault answered, and no retry will help.
  if (error.code === 'CREDENTIALS_MISSING') return 'missing'
  return error.code === 'VAULT_UNAVAILABLE' ? 'vault_error' : 'error'
}
