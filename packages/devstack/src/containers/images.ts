import { env } from 'node:process'

/** The image of each service; the environment may name another, for a mirror or a version under test. */
export function imageOf(service: 'postgres' | 'redis' | 'nats' | 'vault'): string {
  switch (service) {
    case 'postgres':
      return env.POSTGRES_IMAGE || 'postgres:16-alpine'
    case 'redis':
      return env.REDIS_IMAGE || 'redis:7-alpine'
    case 'nats':
      return env.NATS_IMAGE || 'nats:2.10-alpine'
    case 'vault':
      return env.VAULT_IMAGE || 'hashicorp/vault:1.17'
  }
}
