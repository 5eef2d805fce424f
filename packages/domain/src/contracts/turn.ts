/** Time enough for what does not wait to finish. What it proves is a negative: slowness can hide a fault, never make one. */
export const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))

/** Two points of a test's own: `entered` once the work has begun, and it goes on after `goOn()`. */
export function gate(): Readonly<{ entered: Promise<void>; goOn: () => void; pass: () => Promise<void> }> {
  const entered = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const pass = (): Promise<void> => {
    entered.resolve()
    return released.promise
  }
  return { entered: entered.promise, goOn: released.resolve, pass }
}
