import { problemResponses, TpsLimitResource } from '@oms/adapters/http'
import { getOperatorCredentials, operatorIdFrom, type OperatorWithCredentials } from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'
import type { InternalRoute } from '../internal-route.ts'
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
      const operatorId = operatorIdFrom(request.params.operatorId)
      const vaultPath = ports.credentialsPath(operatorId)
      const read = await ports.observe(request, { action: 'getCredentials', operatorId, vaultPath }, () =>
        getOperatorCredentials(ports, operatorId),
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
