import { type Micros, microsOfDate } from '../health/micros.ts'

type Dated = Readonly<{ at: Micros }>

/** Newest first, `idOf` deciding between those of one moment; `next` is the last of the page where more follow. */
export function historyPage<Row extends Dated, Cursor extends Dated>(
  rows: readonly Row[],
  query: Readonly<{ from?: Date | undefined; until?: Date | undefined; after?: Cursor | undefined; limit: number }>,
  idOf: (place: Row | Cursor) => string | number,
): Readonly<{ found: readonly Row[]; next: Row | null }> {
  const newestFirst = (a: Row | Cursor, b: Row | Cursor): number =>
    b.at - a.at || (idOf(a) > idOf(b) ? -1 : idOf(a) < idOf(b) ? 1 : 0)
  const { from, until, after, limit } = query
  const left = rows
    .filter(({ at }) => from === undefined || at >= microsOfDate(from))
    .filter(({ at }) => until === undefined || at < microsOfDate(until))
    .filter((row) => after === undefined || newestFirst(after, row) < 0)
    .toSorted(newestFirst)
  const found = left.slice(0, limit)
  return { found, next: left.length > limit ? (found.at(-1) ?? null) : null }
}
