import { relative } from 'node:path'
import type { StackFile } from './stack-file.ts'

/** The one screen that a newcomer sees: what runs where, and three lines to paste. */
export function screen(stack: StackFile, { checkout, logs }: Readonly<{ checkout: string; logs: string }>): string {
  const short = (path: string) => relative(checkout, path)
  const { admin, internal, ingestor } = stack
  const connector = internal.tls.clients['smpp-connector']
  const auth = `-H "authorization: Bearer $TOKEN"`
  return `
operator-management-service is up.

  admin-api        ${admin.url}/v1/admin/operators
                   ${admin.url}/docs   the API as a page (and /openapi.json)
  internal-api     ${internal.url}/v1/internal/operators   (mutual TLS)
  management       ${admin.management}   ${internal.management}   ${ingestor.management}
                   each with /metrics, /health/live, /health/ready, /health/serving
  PostgreSQL ${portOf(stack.postgres.url)} · Redis ${portOf(stack.redis.url)} · NATS ${portOf(stack.nats.url)} · Vault (for development) ${stack.vault.url}
${monitoringLine(stack)}
  Client certificates in ${short(internal.tls.ca).replace(/[^/]+$/, '')}: smpp-connector, routing-engine, stranger (on no allow-list)
  Logs in ${short(logs)}, everything for scripts in .local/stack.json

An admin token, for this stack only:

  TOKEN=${admin.tokens.admin}

Try it:

  curl -s ${auth} ${admin.url}/v1/admin/operators
  curl -s ${auth} -H 'content-type: application/json' ${admin.url}/v1/admin/operators -d '{"name":"My carrier","host":"smpp.example.org","port":2775,"systemId":"me","password":"s3cret","bindType":"TRANSCEIVER","tpsLimit":{"maxTps":100}}'
  curl -s --cacert ${short(internal.tls.ca)} --cert ${short(connector.cert)} --key ${short(connector.key)} ${internal.url}/v1/internal/operators

In a second terminal, npm run tour plays the main job. Ctrl-C stops everything; the data stays in .local.
`
}

// Debian's Alertmanager has no page of its own.
const monitoringLine = ({ monitoring }: StackFile): string =>
  monitoring === undefined
    ? ''
    : `  Prometheus ${monitoring.prometheus} · Alertmanager, which tells nobody: amtool --alertmanager.url=${monitoring.alertmanager} alert\n`

const portOf = (url: string): string => new URL(url).port
