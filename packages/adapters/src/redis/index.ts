export { createHealthCache, type HealthCacheEvents } from './health-cache.ts'
export { openRedis, type RedisConfig, type RedisConnection, type RedisEvents } from './open-redis.ts'
export { RedisFailure } from './redis-failure.ts'
export { parseRedisUrl, type RedisNode, type RedisTarget } from './redis-url.ts'
