import { MappingType, SpecialValueMatch, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { BLUE, GREEN, ORANGE, RED } from './thresholds.ts'

type Shown = Readonly<{ text: string; color?: string }>

/** Words for numbers, in this order in the legend. */
export const wordsFor = (words: Readonly<Record<string, Shown>>): ValueMapping => ({
  type: MappingType.ValueToText,
  options: Object.fromEntries(Object.entries(words).map(([value, shown], index) => [value, { ...shown, index }])),
})

export const UP_OR_DOWN = wordsFor({ 1: { text: 'up', color: GREEN }, 0: { text: 'DOWN', color: RED } })

/** A ratio of nothing to nothing. */
export const NO_TRAFFIC: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: 'no traffic', color: BLUE } },
}

/** How bad a state of health is, as the number that the state map colours. */
export const SEVERITY_OF_HEALTH = { HEALTHY: 0, UNKNOWN: 1, DEGRADED: 2, UNHEALTHY: 3 } as const

export const HEALTH_BY_SEVERITY = wordsFor({
  0: { text: 'HEALTHY', color: GREEN },
  1: { text: 'UNKNOWN', color: BLUE },
  2: { text: 'DEGRADED', color: ORANGE },
  3: { text: 'UNHEALTHY', color: RED },
})
