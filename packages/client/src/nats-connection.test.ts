import { until } from '@oms/devstack/clients'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import t from 'tap'
import { openNats } from './nats-connection.ts'
import { TIMING } from './timing.ts'

t.test('a server that never greets holds one socket at a time, and none after close', async (t) => {
  const open = new Set<Socket>()
  let came = 0
  const server = createServer((socket) => {
    came += 1
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  const { port } = server.address() as AddressInfo

  const timing = { ...TIMING, requestTimeout: 300, retryFirst: 10, retryMost: 10 }
  const nats = openNats({ servers: [`127.0.0.1:${port}`, `localhost:${port}`] }, { timing, onProblem: () => undefined })
  t.teardown(() => nats.close())
  await until('several attempts', () => Promise.resolve(came > 3 ? true : undefined))
  t.ok(open.size <= 2, `${open.size} sockets`)
  await nats.close()
  await until('no socket', () => Promise.resolve(open.size === 0 ? true : undefined))
})
