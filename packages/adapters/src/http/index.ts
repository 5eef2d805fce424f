// What these files add to Fastify's types is public too; nothing else in a declaration would lead to them.
export type {} from './request-observer.ts'
export type {} from './require-client.ts'
export { authenticate } from './authenticate.ts'
export type { DependencyCheck, DependencyState } from './health-checks.ts'
export { createJwksSource, type JwksSettings, type KeySource, publicKeyFromFile } from './key-source.ts'
export { listen, logCrashes, type Server, serveUntilTerminated, terminationSignal } from './lifecycle.ts'
export { listenForManagement, type Management, type ManagementSettings } from './management.ts'
export { type ApiDescription, type ApiExamples, describeApi, packageVersion, showApiPage } from './openapi.ts'
export { type OverloadLimits, refuseOverload } from './overload.ts'
export { type MutualTls, type MutualTlsSettings, openMutualTls } from './mutual-tls.ts'
export type { HttpLog, HttpServer, OpenTrace, RequestMetrics, TraceScope } from './ports.ts'
export { problemUri } from './problem.ts'
export { Problem, problemResponses } from './problem-schema.ts'
export { createServer, type ServerSettings } from './server.ts'
export { type Caller, createTokenVerifier, type TokenVerifierSettings, type VerifyToken } from './token-verifier.ts'
export { ifMatch, matchesETag } from './if-match.ts'
export {
  OperatorResource,
  operatorETag,
  operatorResponse,
  TpsLimitResource,
  toOperatorResource,
} from './operator-resource.ts'
export { RoutingRuleResource, toRoutingRuleResource } from './routing-rule-resource.ts'
export { choice, nullableText, time } from './schema-parts.ts'
export { fieldErrors } from './validation-errors.ts'
export { versionETag, versionedResponse } from './versioned-response.ts'
