import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

type RecordingRule = Readonly<{ record: string; expr: string; labels?: Readonly<Record<string, string>> }>

export type AlertingRule = Readonly<{
  alert: string
  expr: string
  for?: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
}>

/** https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ */
export type Rule = RecordingRule | AlertingRule

const RULES = join(import.meta.dirname, '../rules')

export const ruleFiles = async (): Promise<readonly string[]> =>
  (await readdir(RULES)).filter((name) => name.endsWith('.yml')).map((name) => join(RULES, name))

/** Every rule of infra/prometheus/rules. */
export async function readRules(): Promise<readonly Rule[]> {
  const texts = await Promise.all((await ruleFiles()).map((file) => readFile(file, 'utf8')))
  const files = texts.map((text) => parse(text) as { groups: { rules: Rule[] }[] })
  return files.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))
}

export const alertsIn = (rules: readonly Rule[]): readonly AlertingRule[] =>
  rules.flatMap((rule) => ('alert' in rule ? [rule] : []))

export const recordsIn = (rules: readonly Rule[]): readonly RecordingRule[] =>
  rules.flatMap((rule) => ('record' in rule ? [rule] : []))
