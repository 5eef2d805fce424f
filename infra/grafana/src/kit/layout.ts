import { type Panel, RowBuilder, type RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'

const COLUMNS = 24

/** Panels that answer one question, under its heading. */
export type Row = Readonly<{ title: string; panels: readonly Panel[] }>

/** From left to right, a new line where the next one does not fit; ids by position, from 1. */
export function layOut(rows: readonly Row[]): (Panel | RowPanel)[] {
  const laid: (Panel | RowPanel)[] = []
  let y = 0
  for (const { title, panels } of rows) {
    const heading = new RowBuilder(title).collapsed(false).gridPos({ x: 0, y, w: COLUMNS, h: 1 })
    laid.push(heading.id(laid.length + 1).build())
    y += 1
    let x = 0
    let lineHeight = 0
    for (const panel of panels) {
      const { w, h } = panel.gridPos ?? { w: COLUMNS, h: 8 }
      if (x + w > COLUMNS) {
        y += lineHeight
        x = 0
        lineHeight = 0
      }
      laid.push({ ...panel, id: laid.length + 1, gridPos: { x, y, w, h } })
      x += w
      lineHeight = Math.max(lineHeight, h)
    }
    y += lineHeight
  }
  return laid
}
