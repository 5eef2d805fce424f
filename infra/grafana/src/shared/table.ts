import type { DynamicConfigValue, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table'
import { build, type PanelSpec } from './panel.ts'

/** `columns`: heading by label, in the order shown, `Value` for the value; `shown`: how single columns look. */
export type TableSpec = PanelSpec &
  Readonly<{
    columns: Readonly<Record<string, string>>
    shown?: Readonly<Record<string, readonly DynamicConfigValue[]>>
    noValue?: string
  }>

/** A row for each series of now. */
export function table({ columns, shown = {}, noValue, ...spec }: TableSpec): Panel {
  const labels = Object.keys(columns)
  const builder = new PanelBuilder()
    .withTransformation({ id: 'filterFieldsByName', options: { include: { names: labels } } })
    .withTransformation({
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(labels.map((label, index) => [label, index])),
        renameByName: columns,
      },
    })
  for (const [heading, properties] of Object.entries(shown)) builder.overrideByName(heading, [...properties])
  if (noValue !== undefined) builder.noValue(noValue)
  return build(builder, spec, { kind: 'rows', height: 8 })
}
