import type { Reaper } from '../lifetime/reaper.ts'
import type { RunningService } from '../service.ts'
import type { Program } from './programs.ts'

/** `dir` is the stack's; the service makes a folder of its own below it. A durable service keeps its data over a crash. */
export type NativeOptions = Readonly<{ program: Program; dir: string; durable: boolean; port: number; reaper: Reaper }>

export type NativeService = (options: NativeOptions) => Promise<RunningService>
