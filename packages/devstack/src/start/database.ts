import postgres from 'postgres'

export type LocalDatabase = Readonly<{
  /** As the owner, password inside. */
  ownerUrl: string
  /** As the runtime role, without its password. */
  runtimeUrl: string
}>

export const RUNTIME_LOGIN = 'ops_app'
const DATABASE = 'ops'
/** The role that migrations grant the runtime's rights to. */
const RUNTIME_GROUP = 'ops_runtime'

/** Makes the database and the login of the apps where they are missing; `password` becomes the login's. */
export async function prepareDatabase(adminUrl: string, password: string): Promise<LocalDatabase> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => undefined })
  try {
    const [database] = await sql`SELECT 1 FROM pg_database WHERE datname = ${DATABASE}`
    if (database === undefined) await sql.unsafe(`CREATE DATABASE ${DATABASE}`)
    for (const [role, options] of [
      [RUNTIME_GROUP, 'NOLOGIN'],
      [RUNTIME_LOGIN, `LOGIN IN ROLE ${RUNTIME_GROUP}`],
    ] as const) {
      const [known] = await sql`SELECT 1 FROM pg_roles WHERE rolname = ${role}`
      if (known === undefined) await sql.unsafe(`CREATE ROLE ${role} ${options}`)
    }
    // base64url, so it needs no quoting; a statement that sets a role takes no parameter.
    await sql.unsafe(`ALTER ROLE ${RUNTIME_LOGIN} PASSWORD '${password}'`)
  } finally {
    await sql.end({ timeout: 5 })
  }
  const owner = new URL(adminUrl)
  owner.pathname = `/${DATABASE}`
  const runtime = new URL(owner)
  runtime.username = RUNTIME_LOGIN
  runtime.password = ''
  return { ownerUrl: owner.href, runtimeUrl: runtime.href }
}
