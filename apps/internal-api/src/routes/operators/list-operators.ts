import { matchesETag, problemResponses } from '@oms/adapters/http'
import type { UseCaseResult } from '@oms/adapters/telemetry'
import type { OperatorDirectory } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { InternalRoute } from '../internal-route.ts'
import { directoryResponse, SnapshotResource, toDirectoryResource } from './directory-resource.ts'

const IfNoneMatchHeader = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({ description: 'The ETag of the snapshot last read; 304 while it holds' }),
  ),
})

/** Each piece is a write and a TLS record or more: an operator alone would be too little for one. */
const PIECE_LENGTH = 65_536

/** The cold-start snapshot. Streamed, so that its size does not become our memory. */
export const listOperatorsRoute: InternalRoute = (app, ports) => {
  app.get(
    '/operators',
    {
      config: { client: 'directory' },
      schema: {
        operationId: 'listOperators',
        tags: ['Operators'],
        summary: 'Read every live operator with its rules',
        headers: IfNoneMatchHeader,
        response: {
          200: Type.Unsafe<Readable>(directoryResponse('The snapshot', SnapshotResource)),
          304: Type.Null({ description: 'The configuration has not changed' }),
          ...problemResponses('CLIENT_NOT_ALLOWED'),
        },
      },
    },
    async (request, reply) => {
      const begun = Promise.withResolvers<Readonly<{ etag: string; body: Readable | undefined }>>()
      ports
        .observe(request, { action: 'listOperators', resultOf: (result) => result }, async () => {
          // Read before the snapshot: a change in between makes the tag too old, never too new.
          const etag = `"${await ports.directory.configurationTag()}"`
          const isKnown = matchesETag(request.headers['if-none-match'], etag)
          const body = isKnown ? undefined : await bodyOf(ports.directory)
          begun.resolve({ etag, body })
          return body === undefined ? 'ok' : outcomeOf(body)
        })
        // After its beginning a failure can reach the caller as a broken body only.
        .catch(begun.reject)
      const { etag, body } = await begun.promise
      reply.header('etag', etag)
      return body === undefined ? reply.code(304).send(null) : reply.type('application/json').send(body)
    },
  )
}

async function bodyOf(directory: OperatorDirectory): Promise<Readable> {
  const start = await startOf(directory)
  const body = Readable.from(snapshot(start), { objectMode: false })
  // A caller who left meanwhile: what never began to read is not told to end, and would keep its transaction open.
  body.once('close', () => void start.end())
  return body
}

/** How the stream ended, once it has; rejects when it failed. */
async function outcomeOf(body: Readable): Promise<UseCaseResult> {
  try {
    await finished(body)
    return 'ok'
  } catch (error) {
    if (body.errored === null) return 'aborted'
    throw error
  }
}

/** The stream with its first element read, so that a database that is away is still a problem and not a broken body. */
async function startOf(directory: OperatorDirectory) {
  const entries = directory.stream()[Symbol.asyncIterator]()
  return {
    first: await entries.next(),
    rest: { [Symbol.asyncIterator]: () => entries },
    end: async () => entries.return?.(),
  }
}

async function* snapshot({ first, rest }: Awaited<ReturnType<typeof startOf>>): AsyncGenerator<string> {
  let piece = `{"generatedAt":"${new Date().toISOString()}","operators":[`
  if (first.done !== true) {
    piece += JSON.stringify(toDirectoryResource(first.value))
    for await (const entry of rest) {
      piece += `,${JSON.stringify(toDirectoryResource(entry))}`
      if (piece.length < PIECE_LENGTH) continue
      yield piece
      piece = ''
    }
  }
  yield `${piece}]}`
}
