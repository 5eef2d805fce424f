import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { CHECKOUT } from '../start/layout.ts'
import { withReceivers } from './receivers.ts'

t.test('receivers keep their names and send nothing, routes and inhibitions stay', async (t) => {
  const ours = await readFile(join(CHECKOUT, 'infra/prometheus/alertmanager.yml'), 'utf8')
  const { receivers, ...rest } = parse(ours) as { receivers: { name: string }[] }
  const replaced = withReceivers(ours)
  t.same(parse(replaced), { ...rest, receivers: receivers.map(({ name }) => ({ name })) })
  t.notMatch(replaced, /_file|https?:/, 'no secret is needed and nobody is called')
})

t.test('other receivers may be given by name', (t) => {
  const config = 'route: { receiver: a }\nreceivers: [{ name: a, slack_configs: [{}] }, { name: b }]'
  t.same(parse(withReceivers(config, (name) => ({ webhook_configs: [{ url: `http://hook/${name}` }] }))), {
    route: { receiver: 'a' },
    receivers: [
      { name: 'a', webhook_configs: [{ url: 'http://hook/a' }] },
      { name: 'b', webhook_configs: [{ url: 'http://hook/b' }] },
    ],
  })
  t.end()
})
