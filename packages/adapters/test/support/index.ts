export { databaseOn, migratedDatabase, type TestDatabase } from './database.ts'
