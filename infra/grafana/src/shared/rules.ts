import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const RULES = join(import.meta.dirname, '../../../prometheus/rules')

/** As Prometheus reads it: an alert or a recording. */
export type Rule = Readonly<{
  alert?: string
  record?: string
  expr: string
  labels?: Readonly<Record<string, string>>
  annotations?: Readonly<{ runbook_url: string }>
}>

type RuleFile = Readonly<{ groups: readonly Readonly<{ rules: readonly Rule[] }>[] }>

/** All rules of Prometheus, by file and in their order. */
export const rules = (): readonly Rule[] =>
  globSync(join(RULES, '*.yml'))
    .sort()
    .flatMap((file) => (parse(readFileSync(file, 'utf8')) as RuleFile).groups)
    .flatMap((group) => group.rules)
