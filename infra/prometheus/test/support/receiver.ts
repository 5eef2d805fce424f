import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** An alert as a receiver was told of it. */
export type Notice = Readonly<{
  receiver: string
  alert: string
  /** '' where the alert is of no app. */
  job: string
  status: 'firing' | 'resolved'
  runbook: string
}>

/** Who is paged, on loopback: takes what Alertmanager's webhooks send. */
export type Receiver = AsyncDisposable &
  Readonly<{
    url: string
    /** So far, in their order. What is told again stands there again. */
    notices: readonly Notice[]
  }>

/** https://prometheus.io/docs/alerting/0.25/configuration/#webhook_config */
type Payload = Readonly<{
  receiver: string
  alerts: readonly Readonly<{
    status: Notice['status']
    labels: Readonly<Record<string, string>>
    annotations: Readonly<Record<string, string>>
  }>[]
}>

export async function startReceiver(): Promise<Receiver> {
  const notices: Notice[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      notices.push(...noticesIn(JSON.parse(body) as Payload))
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notices,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const noticesIn = ({ receiver, alerts }: Payload): Notice[] =>
  alerts.map(({ status, labels, annotations }) => ({
    receiver,
    alert: labels.alertname ?? '',
    job: labels.job ?? '',
    status,
    runbook: annotations.runbook_url ?? '',
  }))
