import type { Problem } from '../lib/problem.ts'

/** Every problem of a configuration, at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  /** @param warnings what else was noticed: a misspelt name, perhaps, that explains a problem */
  constructor(problems: readonly Problem[], warnings: readonly Problem[] = []) {
    super(
      [formatProblems(problems), ...warnings.map(({ variable, message }) => `  ${variable} ${message}`)].join(
        '\n',
      ),
    )
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** One line a problem, with a head that counts them. */
export function formatProblems(problems: readonly Problem[]): string {
  const head =
    problems.length === 1
      ? 'The configuration has a problem:'
      : `The configuration has ${problems.length} problems:`
  return [head, ...problems.map(({ variable, message }) => `  ${variable}: ${message}`)].join('\n')
}
