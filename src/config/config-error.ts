/** Settings that cannot be run with. Every problem names its key; none contains a secret's value. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}
