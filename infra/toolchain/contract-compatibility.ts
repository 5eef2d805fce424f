import { breakingChanges, type Document } from './contract-diff.ts'

type Schemas = Readonly<Record<string, Document>>

/** What others rely on, at one moment. */
export type Contract = Readonly<{
  apis: Readonly<Record<string, Readonly<{ version: string; document: Document }>>>
  /** What we publish, and what others publish for us, by subject. */
  sent: Schemas
  taken: Schemas
}>

/** One line for each break that `after` has no right to: an API may break with a new major version, a message never. */
export function unannouncedBreaks(before: Contract, after: Contract): string[] {
  return [
    ...Object.entries(before.apis).flatMap(([app, known]) => apiBreaks(app, known, after.apis[app])),
    ...messageBreaks(before.sent, after.sent, asAnswers),
    ...messageBreaks(before.taken, after.taken, asRequests),
  ]
}

type Api = Contract['apis'][string]

function apiBreaks(app: string, known: Api, now: Api | undefined): string[] {
  if (now === undefined) return [`${app}: has no OpenAPI document any more`]
  if (majorOf(now.version) > majorOf(known.version)) return []
  return breakingChanges(known.document, now.document).map(
    ({ path, method, what }) => `${app}: ${method.toUpperCase()} ${path}: ${what}; a break needs a new major version`,
  )
}

const majorOf = (version: string): number => Number.parseInt(version, 10)

function messageBreaks(before: Schemas, after: Schemas, wrap: (schemas: Schemas) => Document): string[] {
  const gone = Object.keys(before).filter((subject) => after[subject] === undefined && !hasSuccessor(subject, after))
  const changed = breakingChanges(wrap(before), wrap({ ...before, ...after }))
  return [
    ...gone.map((subject) => `${subject}: is gone, and no later version of it is there`),
    ...changed.map(({ path, what }) => `${path.slice(1)}: ${what}; a break needs a subject of the next version`),
  ]
}

function hasSuccessor(subject: string, after: Schemas): boolean {
  const [, name, version] = /^(.+\.v)(\d+)$/.exec(subject) ?? []
  return Object.keys(after).some((other) => {
    const [, otherName, otherVersion] = /^(.+\.v)(\d+)$/.exec(other) ?? []
    return name !== undefined && otherName === name && Number(otherVersion) > Number(version)
  })
}

// The library knows the two directions from OpenAPI: consumers of an event are to it as callers to an answer.
const asAnswers = (schemas: Schemas): Document =>
  documentOf(schemas, (content) => ({ responses: { 200: { description: '', content } } }))

const asRequests = (schemas: Schemas): Document =>
  documentOf(schemas, (content) => ({ requestBody: { required: true, content }, responses: {} }))

function documentOf(schemas: Schemas, operation: (content: object) => object): Document {
  const paths = Object.entries(schemas).map(([subject, schema]) => [
    `/${subject}`,
    { post: operation({ 'application/json': { schema } }) },
  ])
  return { openapi: '3.1.0', info: { title: 'Messages', version: '1' }, paths: Object.fromEntries(paths) as object }
}
