export { databaseOn, emptyDatabase, migratedDatabase, type TestDatabase } from './database.ts'
export { type TcpProxy, tcpProxy } from './tcp-proxy.ts'
