import type { Problem, ProblemCode } from '../lib/problem.ts'

/** Every problem of a configuration, at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  /** @param warnings what else was noticed: a misspelt name, perhaps, that explains a problem */
  constructor(problems: readonly Problem[], warnings: readonly Problem[] = []) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    const lines = [
      ...problems.map(({ variable, message, code }) => `  ${variable}: ${message} (${code})`),
      ...warnings.map(({ variable, message, code }) => `  ${variable} ${message} (${code})`),
    ]
    super([`The configuration has ${count}:`, ...lines].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Collects what is wrong with a configuration while it is read. */
export class Findings {
  readonly problems: Problem[] = []
  readonly warnings: Problem[] = []

  /** Returns undefined, for the value that could not be read. */
  problem(variable: string, message: string, code: ProblemCode = 'VARIABLE_INVALID'): undefined {
    this.problems.push({ code, variable, message })
  }

  warn(variable: string, message: string, code: ProblemCode): void {
    this.warnings.push({ code, variable, message })
  }

  throwProblems(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems, this.warnings)
  }
}
