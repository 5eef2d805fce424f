import { type ApiDescription, packageVersion } from '@oms/adapters/http'
import { operatorExamples } from './routes/operators/examples.ts'

export const ADMIN_API: ApiDescription = {
  title: 'operator-management-service: admin API',
  version: packageVersion(import.meta.url),
  description: 'Operators of the SMS gateway, as carrier-relations admins manage them.',
  securitySchemes: {
    bearer: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'Scope `ops:admin` for everything, `ops:read` for GET.',
    },
  },
  examples: operatorExamples,
}
