export { type NatsCluster, startNatsCluster } from './nats-cluster.ts'
export { type PgBouncer, type PgBouncerOptions, startPgBouncer } from './pgbouncer.ts'
export { type RedisCluster, startRedisCluster } from './redis-cluster.ts'
export { type RedisSentinel, startRedisSentinel } from './redis-sentinel.ts'
