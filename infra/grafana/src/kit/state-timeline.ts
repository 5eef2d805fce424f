import { FieldColorBuilder, FieldColorModeId, type Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import {
  LegendDisplayMode,
  LegendPlacement,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { build, type PanelSpec } from './panel.ts'

/** `perPage`: lines shown at once. */
export type StateTimelineSpec = PanelSpec & Readonly<{ perPage?: number }>

/** A bar for each series, coloured by what it was at each time. */
export function stateTimeline({ perPage = 20, ...spec }: StateTimelineSpec): Panel {
  const builder = new PanelBuilder()
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .perPage(perPage)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
  return build(builder, spec, { kind: 'over-time', height: 8 })
}
