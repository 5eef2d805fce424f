import { choice, nullableText, time } from '@oms/adapters/http'
import { HEALTH_STATES, isoOfMicros, listHealthLog, operatorIdFrom } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { OperatorParams } from '../params.ts'
import { cursorOf, positionOf } from './cursor.ts'
import { historyOf, historyParams, periodOf } from './history-query.ts'

const TRANSITION = /^[1-9]\d{0,15}$/

const HealthTransitionResource = Type.Object(
  {
    operatorId: Type.String(),
    transition: Type.Integer({ description: "Counts this operator's transitions" }),
    previousState: choice(HEALTH_STATES),
    newState: choice(HEALTH_STATES),
    errorRate: Type.Number({ description: '0 to 1, of the report that decided it' }),
    bindState: Type.String(),
    bindError: nullableText,
    at: time,
  },
  { title: 'HealthTransition' },
)

export const listHealthLogRoute: AdminRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId/health-log',
    {
      schema: {
        operationId: 'listHealthLog',
        tags: ['History'],
        summary: "List the transitions of an operator's health, deleted ones too, newest first",
        params: OperatorParams,
        querystring: Type.Object(historyParams, { additionalProperties: false }),
        response: {
          200: historyOf(HealthTransitionResource, 'A page of transitions'),
          ...adminProblems('OPERATOR_NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const { cursor, limit, ...period } = request.query
      const after = cursor === undefined ? undefined : positionOf(cursor, TRANSITION)
      const operatorId = operatorIdFrom(request.params.operatorId)
      const query = {
        operatorId,
        ...periodOf(period),
        after: after && { at: after.at, transition: Number(after.id) },
        limit,
      }
      const { transitions, next } = await ports.observe(request, { action: 'listHealthLog', operatorId }, () =>
        listHealthLog(ports, query),
      )
      return {
        data: transitions.map((each) => ({ ...each, at: isoOfMicros(each.at) })),
        nextCursor: next && cursorOf({ at: next.at, id: String(next.transition) }),
      }
    },
  )
}
