/** Told of what failed after a change had already committed, or while one was being undone: never shown to the caller. */
export type ReportFailure = (what: string, error: unknown) => void

/** Work that must not take back an answer which is already decided. */
export async function attempt(report: ReportFailure, what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    report(what, error)
  }
}
