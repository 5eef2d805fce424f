import { choice } from '@oms/adapters/http'
import { AUDIT_ACTIONS, type AuditPage, type AuditQuery, listAuditLog, operatorIdFrom, UUID } from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { OperatorParams } from '../params.ts'
import { AuditEntryResource, toAuditEntryResource } from './audit-entry-resource.ts'
import { cursorOf, positionOf } from './cursor.ts'
import { historyOf, historyParams, periodOf } from './history-query.ts'

const Query = Type.Object(
  {
    actor: Type.Optional(Type.String({ maxLength: 255, description: 'Who, exactly' })),
    action: Type.Optional(choice(AUDIT_ACTIONS)),
    ...historyParams,
  },
  { additionalProperties: false },
)

const tags = ['History']
const ok = historyOf(AuditEntryResource, 'A page of changes')

/** Changes of all operators. */
export const listAuditLogRoute: AdminRoute = (app, ports) => {
  app.get(
    '/audit-log',
    {
      schema: {
        operationId: 'listAuditLog',
        tags,
        summary: 'List who changed what, newest first',
        querystring: Query,
        response: { 200: ok, ...adminProblems() },
      },
    },
    async (request) => {
      const query = toAuditQuery(request.query)
      return toAnswer(await ports.observe(request, { action: 'listAuditLog' }, () => listAuditLog(ports, query)))
    },
  )
}

/** Changes of one operator, also of one that is deleted. */
export const listOperatorAuditLogRoute: AdminRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId/audit-log',
    {
      schema: {
        operationId: 'listOperatorAuditLog',
        tags,
        summary: 'List who changed what of an operator, deleted ones too, newest first',
        params: OperatorParams,
        querystring: Query,
        response: { 200: ok, ...adminProblems('OPERATOR_NOT_FOUND') },
      },
    },
    async (request) => {
      const operatorId = operatorIdFrom(request.params.operatorId)
      const query = { ...toAuditQuery(request.query), operatorId }
      const useCase = { action: 'listOperatorAuditLog', operatorId } as const
      return toAnswer(await ports.observe(request, useCase, () => listAuditLog(ports, query)))
    },
  )
}

function toAuditQuery({ actor, action, limit, cursor, ...period }: Static<typeof Query>): AuditQuery {
  const after = cursor === undefined ? undefined : positionOf(cursor, UUID)
  return { actor, action, limit, ...periodOf(period), after: after && { at: after.at, auditId: after.id } }
}

const toAnswer = ({ entries, next }: AuditPage): Static<typeof ok> => ({
  data: entries.map(toAuditEntryResource),
  nextCursor: next && cursorOf({ at: next.at, id: next.auditId }),
})
