import { type ApiDescription, packageVersion } from '@oms/adapters/http'
import { historyExamples } from './routes/history/examples.ts'
import { operatorExamples } from './routes/operators/examples.ts'
import { routingExamples } from './routes/routing/examples.ts'
import { routingRuleExamples } from './routes/routing-rules/examples.ts'
import { tpsLimitExamples } from './routes/tps-limit/examples.ts'

export const ADMIN_API: ApiDescription = {
  title: 'operator-management-service: admin API',
  version: packageVersion(import.meta.url),
  description: 'Operators of the SMS gateway and their routing, as carrier-relations admins manage them.',
  securitySchemes: {
    bearer: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'Scope `ops:admin` for everything, `ops:read` for GET.',
    },
  },
  examples: {
    ...operatorExamples,
    ...tpsLimitExamples,
    ...routingRuleExamples,
    ...routingExamples,
    ...historyExamples,
  },
}
