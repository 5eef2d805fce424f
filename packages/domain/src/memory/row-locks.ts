/** Runs works on one row one after the other, those on different rows side by side, as row locks do. */
export type RowLocks = <T>(row: string, work: () => Promise<T>) => Promise<T>

export function createRowLocks(): RowLocks {
  const last = new Map<string, Promise<void>>()
  return async (row, work) => {
    const before = last.get(row)
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    last.set(row, released)
    await before
    try {
      return await work()
    } finally {
      if (last.get(row) === released) last.delete(row)
      release()
    }
  }
}
