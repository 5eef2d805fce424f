import type { Secret } from '@oms/domain'
import { hash, timingSafeEqual } from 'node:crypto'

/** In a time that tells nothing of where they differ: digests are equally long, whatever the secrets are. */
export const isSameSecret = (a: Secret, b: Secret): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (secret: Secret): Buffer => hash('sha256', secret.reveal(), 'buffer')
