import type { Secret } from '@oms/domain'
import { createHmac } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

export type FingerprintedRequest = Readonly<{
  method: string
  /** Full path and query as they were sent. */
  url: string
  body: unknown
}>

export type Fingerprint = (request: FingerprintedRequest) => string

/** HMAC-SHA-256, so that a stored fingerprint says nothing about a password in the body to who lacks the key. */
export const createFingerprint =
  (secret: Secret): Fingerprint =>
  ({ method, url, body }) =>
    createHmac('sha256', secret.reveal())
      .update(canonicalJson([method, url, body]))
      .digest('base64url')
