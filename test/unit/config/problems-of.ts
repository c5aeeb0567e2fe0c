import { ConfigError } from '../../../src/config/config-error.ts'
import type { Env } from '../../../src/config/environment.ts'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import type { Problem } from '../../../src/lib/problem.ts'

/** What is wrong with an environment, the sidecar's if nothing else is said; throws if nothing is. */
export async function problemsOf(
  env: Env,
  read: (env: Env) => Promise<unknown> = readConfig,
): Promise<readonly Problem[]> {
  try {
    await read(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('there is no problem')
}
