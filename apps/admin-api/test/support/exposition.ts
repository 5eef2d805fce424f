export type Labels = Readonly<Record<string, string>>

/** One series; `le` of a bucket is none of its labels. */
export type Series = Readonly<{ name: string; labels: Labels; value: number }>

export type ExposedFamily = Readonly<{ type: string; series: readonly Series[] }>

const TYPE = /^# TYPE (\S+) (\S+)$/
const SERIES = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g

/**
 * What a process shows, by family: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format. Throws
 * on a line that is none, and on a series outside its family.
 */
export function parseExposition(text: string): ReadonlyMap<string, ExposedFamily> {
  const families = new Map<string, { type: string; series: Series[] }>()
  let current: { name: string; type: string; series: Series[] } | undefined
  for (const line of text.split('\n')) {
    const [, named, type] = TYPE.exec(line) ?? []
    if (named !== undefined && type !== undefined) {
      current = { name: named, type, series: [] }
      families.set(named, current)
    } else if (line !== '' && !line.startsWith('#')) {
      const [, name = '', labels = '', value = ''] = SERIES.exec(line) ?? []
      if (current === undefined || name.replace(suffixOf(current.type), '') !== current.name) throw new Error(line)
      current.series.push({ name, labels: labelsIn(labels), value: Number(value) })
    }
  }
  return families
}

const suffixOf = (type: string): RegExp => (type === 'histogram' ? /_(bucket|sum|count)$/ : /$^/)

function labelsIn(text: string): Labels {
  const { le: _, ...labels } = Object.fromEntries([...text.matchAll(LABEL)].map(([, name, value]) => [name, value]))
  return labels as Labels
}
