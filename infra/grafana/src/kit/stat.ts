import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { NO_TRAFFIC } from './mappings.ts'
import { build, type PanelSpec } from './panel.ts'

/** `decimals`: digits shown; Grafana's choice when absent. */
export type StatSpec = PanelSpec & Readonly<{ decimals?: number; showNames?: boolean }>

/** The value of now on a ground of its colour: seen across the room. */
export function stat({ decimals, showNames = false, ...spec }: StatSpec): Panel {
  const builder = new PanelBuilder()
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .textMode(showNames ? BigValueTextMode.ValueAndName : BigValueTextMode.Auto)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''))
  if (decimals !== undefined) builder.decimals(decimals)
  const mappings = [...(spec.mappings ?? []), NO_TRAFFIC]
  return build(builder, { ...spec, mappings }, { kind: 'now', height: 4 })
}
