export {
  ADMIN_TOKEN_ALGORITHM,
  type AdminClaims,
  createDevJwtKeys,
  type JwtKeys,
  signAdminToken,
} from './admin-tokens.ts'
export {
  type AuthorityRequest,
  type CertificateRequest,
  createAuthority,
  createCrl,
  type Identity,
  issueCertificate,
} from './certificates.ts'
export { CLIENTS, type ClientName, createDevPki, type DevPki, type IdentityFiles, spiffeId } from './dev-pki.ts'
