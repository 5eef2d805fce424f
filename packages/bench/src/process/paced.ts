import { median } from '../statistics.ts'

/** Calls per second of `lanes` that each call again when they are answered, for so long. */
export async function rateOf(
  call: (turn: number) => Promise<unknown>,
  { lanes, milliseconds }: Readonly<{ lanes: number; milliseconds: number }>,
): Promise<number> {
  const since = performance.now()
  let calls = 0
  const lane = async (): Promise<void> => {
    while (performance.now() - since < milliseconds) await call(calls++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return (calls * 1_000) / (performance.now() - since)
}

/** The same of work that waits for nothing. */
export function rateOfWork(work: (turn: number) => void, milliseconds: number): number {
  const since = performance.now()
  let calls = 0
  // The clock itself would be a good part of a step that takes a microsecond.
  while (performance.now() - since < milliseconds) for (let turn = 0; turn < 100; turn++) work(calls++)
  return (calls * 1_000) / (performance.now() - since)
}

/** Milliseconds of a call, the median of `count` that follow each other. */
export async function p50Of(call: (turn: number) => Promise<unknown>, count: number): Promise<number> {
  const samples: number[] = []
  for (let turn = 0; turn < count; turn++) {
    const since = performance.now()
    await call(turn)
    samples.push(performance.now() - since)
  }
  return median(samples)
}
