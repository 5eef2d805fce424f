// npm run soak [-- MINUTES]: internal-api, Vault, Redis and NATS away one by one for five minutes each, with the times of
// production. Prints what it was like for who embeds the client; exit code 1 when anything was refused or wrong.
import { startService } from '@oms/testkit'
import { AWAY, liveThrough, prepare } from './support/outages.ts'
import { startRoutingEngine } from './support/routing-engine.ts'

const REPORT_EVERY_MS = 10_000
const MINUTE_MS = 60_000
const USAGE = 64 // sysexits(3)

const tell = (line: string): void => void process.stdout.write(`${line}\n`)

const minutes = Number(process.argv[2] ?? 5)
if (!(minutes > 0)) {
  process.stderr.write('usage: npm run soak [-- MINUTES]\n')
  process.exitCode = USAGE
} else {
  const ends: (() => PromiseLike<void>)[] = []
  try {
    await soak(minutes, { teardown: (end) => void ends.unshift(end) })
  } finally {
    for (const end of ends) await end()
  }
}

async function soak(minutes: number, t: Parameters<typeof startService>[0]): Promise<void> {
  const service = await startService(t)
  await using engine = await startRoutingEngine(service, { as: 'smpp-connector' })
  const story = await prepare(service, engine)
  for (const away of AWAY) {
    tell(`${away} is away for ${minutes} min`)
    const options = { lastingMs: minutes * MINUTE_MS, reportEveryMs: REPORT_EVERY_MS }
    const { faults, ...figures } = await liveThrough(away, service, engine, story, options)
    const shown = Object.entries(figures).map(([name, figure]) => [
      name,
      typeof figure === 'number' ? Math.round(figure * 100) / 100 : figure,
    ])
    tell(JSON.stringify(Object.fromEntries(shown)))
    for (const fault of new Set(faults)) tell(`  ${faults.filter((one) => one === fault).length} times: ${fault}`)
    if (faults.length > 0) process.exitCode = 1
  }
}
