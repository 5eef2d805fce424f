/** Ends the command with code 1: nothing about the rows can be said, or no more. The message is printed, so it holds no cell. */
export class CouldNotRun extends Error {
  override readonly name = 'CouldNotRun'
}

/** What an error of the file system says without the path that it repeats. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? 'it failed' : (REASONS[code] ?? code)
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission (EACCES)',
  EISDIR: 'it is a folder (EISDIR)',
  ENOENT: 'there is no such file or folder (ENOENT)',
  ENOSPC: 'the disk is full (ENOSPC)',
}
