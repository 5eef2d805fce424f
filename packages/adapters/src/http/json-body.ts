import { DomainError, invalid } from '@oms/domain'
import { duplicateName } from './duplicate-names.ts'
import { printableName } from './validation-errors.ts'

const MAX_DEPTH = 32
/** Far above any body of ours. Each one too many would be an error of its own to the schema, a body of them a flood. */
const MAX_NAMES = 32
const MAX_ITEMS = 10_000

/** UTF-8 as RFC 8259 §8.1 wants it; invalid octets are refused, not replaced. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The value in a JSON body. Refuses what would hurt later: `__proto__` and `constructor.prototype` (pollution), NUL and
 * lone surrogates (PostgreSQL stores neither), nesting beyond 32 levels, objects and lists of a size that no body has, a name
 * twice in one object. Rejects with INVALID_PAYLOAD, naming the path.
 */
export function parseJsonBody(octets: Uint8Array): unknown {
  const { text, value } = parse(octets)
  refuseHarm(value)
  const twice = duplicateName(text)
  if (twice !== undefined) throw invalid(dotted(twice), 'must not be there twice')
  return value
}

function parse(octets: Uint8Array): Readonly<{ text: string; value: unknown }> {
  try {
    const text = utf8.decode(octets)
    return { text, value: JSON.parse(text) }
  } catch {
    // Without the cause: V8 quotes the text that it could not read.
    throw new DomainError('INVALID_PAYLOAD', 'the body is not well-formed JSON')
  }
}

type Visit = { value: unknown; path: readonly string[] }

/** Iterative: a thousand opening brackets must not exhaust the stack. */
function refuseHarm(root: unknown): void {
  const open: Visit[] = [{ value: root, path: [] }]
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    const { value, path } = visit
    if (typeof value === 'string') refuseText(value, path)
    if (typeof value !== 'object' || value === null) continue
    if (path.length >= MAX_DEPTH) throw invalid('', `the body is nested deeper than ${MAX_DEPTH} levels`)
    refuseSize(value, path)
    for (const [key, item] of Object.entries(value)) {
      const below = [...path, key]
      if (!Array.isArray(value)) refuseName(key, item, below)
      open.push({ value: item, path: below })
    }
  }
}

function refuseSize(value: object, path: readonly string[]): void {
  const [size, most, what] = Array.isArray(value)
    ? [value.length, MAX_ITEMS, 'items']
    : [Object.keys(value).length, MAX_NAMES, 'names']
  if (size > most) throw invalid(dotted(path), `must not have more than ${most} ${what}`)
}

function refuseName(key: string, item: unknown, path: readonly string[]): void {
  const pollutes =
    key === '__proto__' ||
    (key === 'constructor' && typeof item === 'object' && item !== null && Object.hasOwn(item, 'prototype'))
  if (pollutes) throw invalid(dotted(path), 'is not a known field')
  refuseText(key, path)
}

function refuseText(text: string, path: readonly string[]): void {
  if (text.includes('\0')) throw invalid(dotted(path), 'must not contain NUL characters')
  if (!text.isWellFormed()) throw invalid(dotted(path), 'must not contain lone surrogates')
}

const dotted = (path: readonly string[]): string => path.map(printableName).join('.')
