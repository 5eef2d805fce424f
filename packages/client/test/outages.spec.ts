// US-OPS-04 AC4 and US-OPS-06: who embeds the client binds and routes through an outage of each of ours, and catches up.
// The same story at its full length: npm run soak.
import { startService } from '@oms/testkit'
import t from 'tap'
import { AWAY, liveThrough, prepare } from './support/outages.ts'
import { startRoutingEngine } from './support/routing-engine.ts'

const LASTING_MS = 4_000

const service = await startService(t)
const engine = await startRoutingEngine(service, {
  as: 'smpp-connector',
  // As an outage of minutes is to half an hour: what was read goes stale in the middle of it.
  timing: { credentialsFresh: LASTING_MS / 4, requestTimeout: 1_000, retryMost: 500, healthPoll: 200 },
})
t.teardown(() => engine.client.close())
const story = await prepare(service, engine)

for (const away of AWAY) {
  t.test(
    `${away} away: credentials and routes are served all the time, and changes are known afterwards`,
    async (t) => {
      const figures = await liveThrough(away, service, engine, story, { lastingMs: LASTING_MS, reportEveryMs: 500 })
      t.same(figures.faults, [])
      t.ok(figures.credentialsServed > 10 && figures.routesServed > 10, JSON.stringify(figures))
      t.comment(JSON.stringify(figures))
    },
  )
}
