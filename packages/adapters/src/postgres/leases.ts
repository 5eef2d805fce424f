import type { Leases } from '@oms/domain'
import { sql } from 'drizzle-orm'
import type { Db } from './db.ts'
import { leases } from './schema.ts'

const LEASE_SECONDS = 10

export function createLeases({ drizzle, run }: Db): Leases {
  return {
    hold: (name, holder) =>
      run('update', async () => {
        const held = await drizzle.execute(sql`
          insert into ${leases} as lease (name, holder, expires_at)
          values (${name}, ${holder}, clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}::double precision))
          on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
          where lease.holder = excluded.holder or lease.expires_at <= clock_timestamp()
          returning 1`)
        return held.length === 1
      }),

    release: (name, holder) =>
      run('delete', async () => {
        await drizzle.execute(sql`delete from ${leases} where name = ${name} and holder = ${holder}`)
      }),
  }
}
