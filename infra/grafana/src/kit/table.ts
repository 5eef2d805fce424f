import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common'
import type { DynamicConfigValue, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table'
import { build, type PanelSpec } from './panel.ts'

/**
 * `columns`: heading by label, in the order shown; the value is `Value`, of several queries `Value #A` and so on.
 * `shown`: how columns look, by heading.
 */
export type TableSpec = PanelSpec &
  Readonly<{
    columns: Readonly<Record<string, string>>
    /** A heading. */
    sortBy?: string
    shown?: Readonly<Record<string, readonly DynamicConfigValue[]>>
  }>

/** A row for each series of now; several queries are joined by the labels that they share. */
export function table({ columns, sortBy, shown = {}, ...spec }: TableSpec): Panel {
  const labels = Object.keys(columns)
  const builder = new PanelBuilder()
  if (spec.queries.length > 1) builder.withTransformation({ id: 'merge', options: {} })
  builder.withTransformation({ id: 'filterFieldsByName', options: { include: { names: labels } } }).withTransformation({
    id: 'organize',
    options: {
      indexByName: Object.fromEntries(labels.map((label, index) => [label, index])),
      renameByName: columns,
    },
  })
  for (const [heading, properties] of Object.entries(shown)) builder.overrideByName(heading, [...properties])
  if (sortBy !== undefined) builder.sortBy([new TableSortByFieldStateBuilder().displayName(sortBy).desc(false)])
  return build(builder, spec, { kind: 'rows', height: 8 })
}

/** A column whose cells have a ground of their colour. */
export const COLOURED: DynamicConfigValue = { id: 'custom.cellOptions', value: { type: 'color-background' } }
