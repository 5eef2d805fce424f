/** Where people read: a terminal's line can be rewritten. */
export type Screen = Readonly<{
  isTerminal: boolean
  /** Characters in a line. */
  width: number
  write: (text: string) => void
  /** Milliseconds on a clock that never steps. */
  elapsedMs: () => number
}>

/** `rows` of `total` are done; the other counts are told by their names. */
export type Counts = Readonly<{ rows: number } & Record<string, number>>

export type Progress = Readonly<{
  show(counts: Counts): void
  /** A line of its own, above the bar. */
  note(line: string): void
  end(): void
}>

const REDRAW_EVERY_MS = 100
const LINE_EVERY_MS = 2_000
const BAR_WIDTH = 30

export function createProgress({ isTerminal, width, write, elapsedMs }: Screen, total: number): Progress {
  const every = isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS
  let shownAt = elapsedMs()
  let bar = ''
  const draw = (): void => write(bar === '' ? '' : `\r\u001b[2K${bar}`)
  const clear = (): void => write(bar === '' ? '' : '\r\u001b[2K')
  return {
    show(counts) {
      const now = elapsedMs()
      if (counts.rows < total && now - shownAt < every) return
      shownAt = now
      const text = countsOf(counts, total)
      if (!isTerminal) return write(`${text}\n`)
      bar = `${barOf(counts.rows, total)} ${text}`.slice(0, Math.max(width - 1, 1))
      draw()
    },
    note(line) {
      if (isTerminal) clear()
      write(`${line}\n`)
      if (isTerminal) draw()
    },
    end() {
      if (bar !== '') write('\n')
      bar = ''
    },
  }
}

function barOf(done: number, total: number): string {
  const filled = total === 0 ? BAR_WIDTH : Math.floor((done / total) * BAR_WIDTH)
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`
}

/** `12 of 40 rows: 11 created, 0 skipped, 1 failed` */
export function countsOf({ rows, ...counts }: Counts, total: number): string {
  const each = Object.entries(counts).map(([what, count]) => `${count} ${WORDS[what] ?? what}`)
  return `${rows} of ${total} rows: ${each.join(', ')}`
}

const WORDS: Readonly<Record<string, string>> = { rulesCreated: 'rules created' }
