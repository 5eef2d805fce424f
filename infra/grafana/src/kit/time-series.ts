import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { build, type PanelSpec } from './panel.ts'

/** `fromZero`: the axis begins there, as it does unless said; `max`: where it ends; `stacked`: parts of a whole. */
export type TimeSeriesSpec = PanelSpec & Readonly<{ fromZero?: boolean; max?: number; stacked?: boolean }>

/** Lines; thresholds are dashed ones. */
export function timeSeries({ fromZero = true, max, stacked = false, ...spec }: TimeSeriesSpec): Panel {
  const builder = new PanelBuilder()
    .fillOpacity(stacked ? 40 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  if (fromZero) builder.min(0)
  if (stacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  if (max !== undefined) builder.max(max)
  if (spec.thresholds !== undefined) {
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
  }
  return build(builder, spec, { kind: 'over-time', height: 8 })
}
