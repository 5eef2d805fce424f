import { DomainError } from '@oms/domain'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './ports.ts'

type Known = { pattern: RegExp; methods: Set<string> }

/** 404 for unknown paths and 405 with `Allow` for unknown methods, both before the body is read. */
export function refuseUnknownRoutes(app: HttpServer): void {
  const known = new Map<string, Known>()

  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: toPattern(url), methods: new Set<string>() }
    for (const each of [method].flat()) entry.methods.add(each)
    known.set(url, entry)
  })

  const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (!request.is404) return
    const [path = ''] = request.url.split('?')
    const methods = [...known.values()].filter(({ pattern }) => pattern.test(path)).flatMap((each) => [...each.methods])
    if (methods.length === 0) throw new DomainError('NOT_FOUND', 'there is nothing at this path')
    const allowed = [...new Set(methods)].sort().join(', ')
    reply.header('allow', allowed)
    throw new DomainError('METHOD_NOT_ALLOWED', `this path knows ${allowed}`)
  }
  app.addHook('onRequest', refuse)
  app.setNotFoundHandler(refuse)
}

/** find-my-way's patterns, as far as we use them: `:name`, `::` for a colon, a closing `*`. */
const toPattern = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split(/(::|:\w+|\*)/)
      .map((part) => {
        if (part === '::') return ':'
        if (part.startsWith(':')) return '[^/]+'
        return part === '*' ? '.*' : part.replace(/[^\w/]/g, '\\$&')
      })
      .join('')}$`,
  )
