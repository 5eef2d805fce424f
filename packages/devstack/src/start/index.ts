export {
  type AppPorts,
  appEnvironment,
  idempotencySecretPath,
  JWT_AUDIENCE,
  JWT_ISSUER,
  type Surroundings,
} from './app-environment.ts'
export { answersOk, type AppName } from './app-process.ts'
export { ALLOWED_CLIENTS } from './local-services.ts'
export { keptSecret } from './kept-secret.ts'
export { CHECKOUT } from './layout.ts'
