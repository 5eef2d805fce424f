import { readFile, writeFile } from 'node:fs/promises'

/** In MiB, so far as the process had not as much before. */
export type Growth = Readonly<{ growth: number; before: number }>

/** How far the resident memory of a process rises while `work` runs. */
export async function growthOf(pid: number, work: () => Promise<unknown>): Promise<Growth> {
  // proc(5): 5 makes the peak begin anew.
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  const before = await residentOf(pid, 'VmRSS')
  await work()
  return { growth: (await residentOf(pid, 'VmHWM')) - before, before }
}

async function residentOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1_024
}
