import { readFileSync } from 'node:fs'
import t from 'tap'
import { aRule, inMemoryAdmin } from '../test/support/in-memory-admin.ts'

const { ask, anOperator, lines } = await inMemoryAdmin(t)

type Operation = Readonly<{ operationId?: string }>
const { paths } = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
const operations = Object.values(paths).flatMap((path) =>
  Object.values(path).flatMap(({ operationId }) => operationId ?? []),
)

t.test('every operation writes one line of its use case, which has the ids of its request', async (t) => {
  const operatorId = await anOperator()
  const one = `/operators/${operatorId}`
  const rules = `${one}/routing-rules`
  const json = aRule()
  const { ruleId } = (await ask('POST', rules, { json })).body
  const answers = [
    await ask('GET', '/operators'),
    await ask('GET', one),
    await ask('PATCH', one, { json: { notes: 'x' } }),
    await ask('GET', `${one}/tps-limit`),
    await ask('PUT', `${one}/tps-limit`, { json: { maxTps: 20 } }),
    await ask('POST', `${rules}:bulk`, { json: { rules: [aRule({ prefix: '+1' })] } }),
    await ask('POST', `${rules}:bulk?dryRun=true`, { json: { rules: [aRule({ prefix: '+2' })] } }),
    await ask('GET', rules),
    await ask('GET', `${rules}/${String(ruleId)}`),
    await ask('PATCH', `${rules}/${String(ruleId)}`, { json: { weight: 7 } }),
    await ask('DELETE', `${rules}/${String(ruleId)}`),
    await ask('GET', `/destination-prefixes?operatorId=${operatorId}`),
    await ask('GET', '/routing/preview?to=%2B93701234567'),
    await ask('GET', `${one}/health-log`),
    await ask('GET', `${one}/audit-log`),
    await ask('GET', '/audit-log'),
    await ask('DELETE', one),
  ]
  for (const { status, text } of answers) t.ok(status < 300, text)

  const told = lines.filter(({ msg }) => msg === 'use case')
  t.same(told.map(({ action }) => String(action)).toSorted(), [...operations, 'checkRoutingRules'].toSorted())
  for (const line of told) {
    const request = lines.find(({ msg, requestId }) => msg === 'request' && requestId === line.requestId)
    const { requestId, traceId, spanId } = line
    t.match(request, { requestId, traceId, spanId, adminId: 'amina' })
    t.match(line, { level: 'info', adminId: 'amina', result: 'ok', durationMs: Number, traceId: /^[0-9a-f]{32}$/ })
    const ofAll = ['listOperators', 'listAuditLog', 'previewRouting'].includes(String(line.action))
    t.equal(line.operatorId, ofAll ? undefined : operatorId, String(line.action))
  }
})

t.test('the path in Vault is told of what writes there, and of nothing else', async (t) => {
  const operatorId = await anOperator({ name: 'With a secret' })
  const vaultPath = `secret/data/ops/operators/${operatorId}/credentials`
  lines.length = 0
  for (const json of [{ password: 'canary-1' }, { systemId: 'gw2' }, { notes: 'y' }]) {
    t.equal((await ask('PATCH', `/operators/${operatorId}`, { json })).status, 200)
  }
  const pathsTold = lines.filter(({ msg }) => msg === 'use case').map(({ vaultPath }) => vaultPath)
  t.same(pathsTold, [vaultPath, vaultPath, undefined])
  t.notMatch(JSON.stringify(lines), 'canary-1')
})

t.test('what was refused before a use case began has the line of its request alone', async (t) => {
  lines.length = 0
  t.equal((await ask('GET', '/operators/not.an.id')).status, 404)
  t.equal((await ask('POST', '/operators', { json: {} })).status, 400)
  t.match(lines, [
    { msg: 'request', status: 404, code: 'OPERATOR_NOT_FOUND' },
    { msg: 'request', status: 400, code: 'INVALID_PAYLOAD' },
  ])
  t.equal(lines.length, 2)
  const taken = {
    name: 'A',
    host: 'a.example.net',
    port: 1,
    systemId: 'a',
    password: 'b',
    bindType: 'RECEIVER',
    tpsLimit: { maxTps: 1 },
  }
  t.equal((await ask('POST', '/operators', { json: taken })).status, 201)
  lines.length = 0
  t.equal((await ask('POST', '/operators', { json: taken })).status, 409)
  t.match(lines, [
    { msg: 'use case', action: 'createOperator', result: 'duplicate', code: /^DUPLICATE/, operatorId: String },
    { msg: 'request', status: 409 },
  ])
})
