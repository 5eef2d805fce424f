import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

export type Machine = Readonly<{
  processor: string
  processors: number
  memoryGiB: number
  system: string
  /** Over the last minute, when the run began: above `processors`, others were at work too. */
  load: number
  versions: Readonly<Record<string, string>>
}>

export const thisMachine = (): Machine => ({
  processor: cpus()[0]?.model ?? 'unknown',
  processors: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  load: loadavg()[0] ?? Number.NaN,
  versions: { node: process.versions.node },
})
