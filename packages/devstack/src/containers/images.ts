import { env } from 'node:process'

const DEFAULTS = {
  POSTGRES_IMAGE: 'postgres:16-alpine',
  REDIS_IMAGE: 'redis:7-alpine',
  NATS_IMAGE: 'nats:2.10-alpine',
  VAULT_IMAGE: 'hashicorp/vault:1.17',
} as const

export type ImageVariable = keyof typeof DEFAULTS

/** The official image, or the one that the environment names, for a mirror or a version under test. */
export function imageOf(imageVariable: ImageVariable): { image: string; imageVariable: ImageVariable } {
  return { image: env[imageVariable] || DEFAULTS[imageVariable], imageVariable }
}
