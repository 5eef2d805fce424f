/** `message` says what is wrong and never repeats the value: the variable may hold a secret. */
export type ConfigProblem = Readonly<{ variable: string; message: string }>

/** Everything that is wrong with the configuration, found in one pass. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(`invalid configuration: ${problems.map(({ variable }) => variable).join(', ')}`)
    this.problems = problems
  }
}
