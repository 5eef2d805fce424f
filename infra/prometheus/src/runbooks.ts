import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const RUNBOOKS = resolve(import.meta.dirname, '../../../runbooks')

/** `info` is what follows the fence: `sh` is for any shell, `sh kubectl` needs that client. */
export type Block = Readonly<{ info: string; code: string }>

export type Runbook = Readonly<{ file: string; text: string; blocks: readonly Block[] }>

/** Every runbook, the index too, by the name of its file. */
export const readRunbooks = (): readonly Runbook[] =>
  readdirSync(RUNBOOKS)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => {
      const text = readFileSync(join(RUNBOOKS, file), 'utf8')
      return { file, text, blocks: blocksOf(text) }
    })

/** The fenced blocks of a Markdown text in their order; one in a list is indented. */
export const blocksOf = (text: string): readonly Block[] =>
  [...text.matchAll(/^( *)```(.*)\n([^]*?)^\1```$/gm)].map(([, indent = '', info = '', code = '']) => ({
    info,
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))

/** The files that the tables of the index link to, in their order, and the alerts that each is for. */
export function indexOf(readme: string): ReadonlyMap<string, readonly string[]> {
  const rows = [...readme.matchAll(/^\| \[([\w-]+\.md)\]\(\1\) \|([^|]*)\|/gm)]
  return new Map(rows.map(([, file = '', second = '']) => [file, second.match(/\bOps[A-Z]\w+/g) ?? []]))
}
