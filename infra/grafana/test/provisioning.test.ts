import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { dashboards } from '../src/dashboards.ts'

const HERE = join(import.meta.dirname, '..')
const textOf = (path: string): string => readFileSync(join(HERE, path), 'utf8')

t.test('a Grafana of its own finds the dashboards and, by the environment, its Prometheus', async (t) => {
  const command = textOf('README.md').replaceAll(/\\\n\s*/g, '')
  t.match(parse(textOf('provisioning/datasources/prometheus.yml')), {
    apiVersion: 1,
    datasources: [{ type: 'prometheus', url: '$PROMETHEUS_URL', isDefault: true }],
  })
  t.match(command, /-e PROMETHEUS_URL=http/)
  t.match(command, 'infra/grafana/provisioning:/etc/grafana/provisioning:ro')

  const { providers } = parse(textOf('provisioning/dashboards/operator-management.yml'))
  t.match(providers, [{ type: 'file', folder: 'Operator management', allowUiUpdates: false }])
  t.match(command, `infra/grafana/dashboards:${providers[0].options.path}:ro`)
})

t.test('the documents name each dashboard by its title and file', async (t) => {
  for (const [name, { title }] of Object.entries(await dashboards())) {
    t.match(textOf('README.md'), `| [${title}](dashboards/${name}.json) |`)
  }
})
