/** Ends the command with code 1: nothing about the rows can be said, or no more. The message is printed, so it holds no cell. */
export class CouldNotRun extends Error {
  override readonly name = 'CouldNotRun'
}

/** What an error of the file system says without the path that it repeats. */
export const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'it failed'
