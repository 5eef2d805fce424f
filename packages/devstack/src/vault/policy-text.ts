import { badRequest } from './reply.ts'

export const CAPABILITIES = ['create', 'read', 'update', 'patch', 'delete', 'list', 'sudo', 'deny'] as const
export type Capability = (typeof CAPABILITIES)[number]

export type Rule = Readonly<{ path: string; capabilities: readonly Capability[] }>

/** Vault's older spelling of capabilities. */
const SHORTHAND: Readonly<Record<string, readonly Capability[]>> = {
  deny: ['deny'],
  read: ['read', 'list'],
  write: ['create', 'read', 'update', 'delete', 'list'],
  sudo: ['create', 'read', 'update', 'delete', 'list', 'sudo'],
}

const failed = (why: string) => badRequest(`failed to parse policy: ${why}`)

/**
 * The rules of a policy in HCL or JSON. Members that would narrow a rule further (`allowed_parameters`, wrapping
 * bounds, ...) are refused: ignoring them would grant more than the text says.
 */
export function parsePolicy(text: string): Rule[] {
  if (text.trimStart().startsWith('{')) return fromJson(text)
  const tokens = tokenise(text)
  const rules: Rule[] = []
  while (tokens.length > 0) {
    const word = tokens.shift()
    if (word?.kind === 'word' && word.text === 'name') {
      expect(tokens, '=')
      quoted(tokens)
    } else if (word?.kind === 'word' && word.text === 'path') {
      const path = quoted(tokens)
      expect(tokens, '{')
      rules.push(ruleOf(path, members(tokens)))
    } else throw failed(`unexpected ${word?.text}`)
  }
  return rules
}

type Lexeme = Readonly<{ kind: 'word' | 'text' | 'mark'; text: string }>

const LEXEME = /\s+|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/|("(?:[^"\\\n]|\\.)*")|([A-Za-z_][\w-]*)|([{}[\]=,])/y

function tokenise(text: string): Lexeme[] {
  const found: Lexeme[] = []
  LEXEME.lastIndex = 0
  while (LEXEME.lastIndex < text.length) {
    const at = LEXEME.lastIndex
    const match = LEXEME.exec(text)
    if (match === null) throw failed(`unexpected character at offset ${at}`)
    const [, string, word, mark] = match
    if (string !== undefined) found.push({ kind: 'text', text: unquote(string) })
    else if (word !== undefined) found.push({ kind: 'word', text: word })
    else if (mark !== undefined) found.push({ kind: 'mark', text: mark })
  }
  return found
}

function unquote(string: string): string {
  try {
    return JSON.parse(string) as string
  } catch {
    throw failed(`bad text ${string}`)
  }
}

function expect(tokens: Lexeme[], mark: string): void {
  const found = tokens.shift()
  if (found?.kind !== 'mark' || found.text !== mark) throw failed(`expected ${mark}`)
}

function quoted(tokens: Lexeme[]): string {
  const found = tokens.shift()
  if (found?.kind !== 'text') throw failed('expected a quoted text')
  return found.text
}

const isNext = (tokens: readonly Lexeme[], mark: string) => tokens[0]?.kind === 'mark' && tokens[0].text === mark

function members(tokens: Lexeme[]): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  while (!isNext(tokens, '}')) {
    const name = tokens.shift()
    if (name?.kind !== 'word') throw failed('expected the name of a member')
    expect(tokens, '=')
    found[name.text] = isNext(tokens, '[') ? list(tokens) : quoted(tokens)
  }
  expect(tokens, '}')
  return found
}

function list(tokens: Lexeme[]): string[] {
  const items: string[] = []
  expect(tokens, '[')
  while (!isNext(tokens, ']')) {
    items.push(quoted(tokens))
    if (!isNext(tokens, ']')) expect(tokens, ',')
  }
  expect(tokens, ']')
  return items
}

function fromJson(text: string): Rule[] {
  let policy: { path?: Record<string, Record<string, unknown>> | Record<string, Record<string, unknown>>[] }
  try {
    policy = JSON.parse(text) as typeof policy
  } catch {
    throw failed('bad JSON')
  }
  const paths = Array.isArray(policy.path) ? policy.path : [policy.path ?? {}]
  return paths.flatMap((path) => Object.entries(path).map(([name, member]) => ruleOf(name, member)))
}

function ruleOf(path: string, { capabilities = [], policy, ...others }: Record<string, unknown>): Rule {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw failed(`path "${path}": ${unknown} is not supported by the development Vault`)
  if (path.includes('+*')) throw failed(`path "${path}": invalid use of wildcards ('+*' is forbidden)`)
  const named = policy === undefined ? [] : SHORTHAND[typeof policy === 'string' ? policy : '']
  if (named === undefined) throw failed(`path "${path}": invalid policy`)
  if (!Array.isArray(capabilities)) throw failed(`path "${path}": capabilities must be a list`)
  const invalid: unknown = capabilities.find((capability) => !CAPABILITIES.includes(capability as Capability))
  if (invalid !== undefined) throw failed(`path "${path}": invalid capability ${JSON.stringify(invalid)}`)
  return { path: path.replace(/^\/+/, ''), capabilities: [...named, ...(capabilities as Capability[])] }
}
