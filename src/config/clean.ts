import { type CleanedEnv, customCleanEnv } from 'envalid'
import type { Problem } from '../lib/problem.ts'
import type { Variable } from './variables.ts'

/** The variables of a table with their defaults filled in, as text. */
export function withDefaults(
  variables: readonly Variable[],
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const defaults = variables
    .filter(({ byDefault }) => byDefault !== '')
    .map(({ name, byDefault }) => [name, byDefault])
  return { ...Object.fromEntries(defaults), ...env }
}

/**
 * Runs envalid over an environment and collects the problems, instead of printing them and exiting as its own reporter
 * does. Where there are problems, the values concerned are missing from the result: do not use it before looking.
 */
export function clean<Specs>(
  env: Readonly<Record<string, string>>,
  specs: Specs,
  writtenAs: (name: string) => string = (name) => name,
): { values: CleanedEnv<Specs>; problems: Problem[] } {
  const problems: Problem[] = []
  const values = customCleanEnv(env, specs, (cleaned) => cleaned, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries<Error | undefined>(errors)) {
        if (error !== undefined) problems.push({ variable: writtenAs(name), message: error.message })
      }
    },
  })
  return { values: values as CleanedEnv<Specs>, problems }
}
