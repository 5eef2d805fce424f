import { type ApiDescription, packageVersion } from '@oms/adapters/http'
import { operatorExamples } from './routes/operators/examples.ts'

export const INTERNAL_API: ApiDescription = {
  title: 'operator-management-service: internal API',
  version: packageVersion(import.meta.url),
  description: 'Operators of the SMS gateway, as smpp-connector and routing-engine read them.',
  securitySchemes: {
    mutualTLS: {
      type: 'mutualTLS',
      description: 'The identity in the client certificate must be allowed on the route: CLIENT_NOT_ALLOWED otherwise.',
    },
  },
  examples: operatorExamples,
  // Both peer services read the directory, so both read what it looks like.
  access: { client: 'directory' },
}
