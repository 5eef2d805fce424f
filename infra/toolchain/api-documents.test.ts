import { complaintAbout, type Json, type Operation, readApiDescription } from '@oms/testkit/api-description'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import t from 'tap'
import { API_APPS, type ApiApp, apiDocuments } from './api-documents.ts'
import { partsOf, SECRET_NAME } from './schema-walk.ts'

const documents = await apiDocuments()
const apis = API_APPS.map((app) => ({ app, ...readApiDescription(documents[app]) }))
const operations = apis.flatMap(({ app, operations }) =>
  [...operations.values()].map((operation) => ({ app, operation, name: `${app} ${operation.operationId}` })),
)

/** Codes that every operation of the API can end in, whatever it does. */
const ANYWHERE: Readonly<Record<ApiApp, readonly string[]>> = {
  'admin-api': ['UNAUTHENTICATED', 'FORBIDDEN'],
  'internal-api': ['CLIENT_NOT_ALLOWED'],
}

type Content = NonNullable<Operation['requestBody']>['content']

/** Named `request application/json`, `200 application/json`. */
const contents = ({ requestBody, responses }: Operation, wanted: (status: string) => boolean) =>
  Object.entries<{ content?: Content } | undefined>({ request: requestBody, ...responses })
    .filter(([status]) => wanted(status))
    .flatMap(([status, part]) =>
      Object.entries(part?.content ?? {}).map(([type, media]) => [`${status} ${type}`, media] as const),
    )

t.test('each document is OpenAPI 3.1, has the version of its package, and asks for credentials', async (t) => {
  for (const app of API_APPS) {
    const path = resolve(import.meta.dirname, '../../apps', app, 'package.json')
    const { version } = JSON.parse(await readFile(path, 'utf8'))
    const { openapi, info, security, components, paths } = JSON.parse(JSON.stringify(documents[app]))
    t.match({ openapi, info }, { openapi: /^3\.1\.\d+$/, info: { version } })
    t.ok(security.length > 0)
    for (const one of security)
      t.same(
        Object.keys(one).map((name) => name in components.securitySchemes),
        [true],
      )
    for (const section of [paths, components.schemas]) t.same(Object.keys(section), Object.keys(section).sort())
  }
  t.same(await apiDocuments(), documents, 'the same again')
})

t.test('each operation has a name of its own, a summary and a tag', async (t) => {
  for (const { app, operation, name } of operations) {
    const { summary, tags } = operation as unknown as Record<string, unknown>
    t.match({ summary, tags }, { summary: /\S/, tags: [/\S/] }, name)
    t.equal(
      operations.filter((other) => other.app === app && other.operation.operationId === operation.operationId).length,
      1,
    )
  }
})

t.test('each body and each good answer has an example, which is as its schema says', async (t) => {
  for (const { operation, name } of operations) {
    for (const [where, { schema, example, examples }] of contents(operation, (status) => !/^[45]/.test(status))) {
      const values = [
        ...(example === undefined ? [] : [example]),
        ...Object.values(examples ?? {}).map((each) => each.value),
      ]
      t.ok(values.length > 0, `${name} ${where} has one`)
      for (const value of values) t.equal(complaintAbout(value, schema), undefined, `${name} ${where}`)
    }
  }
})

t.test('each operation names the codes that it can end in, with an example each', async (t) => {
  for (const { app, operation, name } of operations) {
    const codes: string[] = []
    for (const [where, { schema, examples }] of contents(operation, (status) => /^[45]/.test(status))) {
      const [status, type] = where.split(' ')
      t.equal(type, 'application/problem+json', name)
      for (const [code, { value }] of Object.entries(examples ?? {})) {
        t.match(value, { code, status: Number(status) }, `${name} ${where}`)
        t.equal(complaintAbout(value, schema), undefined, `${name} ${where}`)
        codes.push(code)
      }
    }
    const { parameters = [] } = operation as unknown as { parameters?: { name: string }[] }
    const wanted = [
      'INVALID_PAYLOAD',
      'INTERNAL_ERROR',
      'DEPENDENCY_UNAVAILABLE',
      'SERVICE_OVERLOADED',
      ...ANYWHERE[app],
      ...(operation.requestBody === undefined ? [] : ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']),
      ...(parameters.some(({ name }) => name === 'if-match') ? ['VERSION_MISMATCH'] : []),
      ...(parameters.some(({ name }) => name === 'idempotency-key')
        ? ['IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_IN_PROGRESS']
        : []),
    ]
    t.same(
      wanted.filter((code) => !codes.includes(code)),
      [],
      name,
    )
  }
})

t.test('a password is in no answer but the one of credentials, and in requests only to be written', async (t) => {
  const secretsIn = (schema: Json) => partsOf(schema).filter(({ name }) => name !== undefined && SECRET_NAME.test(name))
  const answering: string[] = []
  for (const { operation, name } of operations) {
    for (const [where, { schema }] of contents(operation, () => true)) {
      for (const { path, schema: secret } of secretsIn(schema)) {
        if (where.startsWith('request')) t.equal(secret.writeOnly, true, `${name} ${where}${path}`)
        else answering.push(`${name} ${where}${path}`)
      }
    }
  }
  t.same(answering, ['internal-api getOperatorCredentials 200 application/json.password'])
})
