import { ConfigError } from '../config/config-error.ts'
import type { Env } from '../config/environment.ts'
import { type Config, readConfig } from '../config/sidecar-config.ts'
import type { Variable } from '../config/variable.ts'
import { SIDECAR_VARIABLES } from '../config/variables.ts'
import type { Problem } from '../lib/problem.ts'

/** A configuration, as far as it can be used. */
export interface TolerantConfig {
  /** Without tokens where there is no usable one. Undefined where nothing of it can be used. */
  readonly config: Config | undefined
  /** What `run` would end with. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** Where there is no token, all else is read as if there were this one. */
const NO_TOKEN = { WECHATY_PUPPET_SERVICE_TOKEN: 'doctor_no-token' } as const

/** Each variable that is left out gives at most one round; there are fewer of them than this. */
const ROUNDS_MAX = 50

/** The certificate and its key: where one cannot be used, the other one alone is a problem. */
const PAIR = ['REGISTRAR_PUPPET_TLS_CERT_FILE', 'REGISTRAR_PUPPET_TLS_KEY_FILE']

/** Reads the configuration as `run` does, then again without the variables that have problems, until what remains can be used. */
export async function readTolerantConfig(given: Env): Promise<TolerantConfig> {
  let env = given
  let problems: readonly Problem[] | undefined
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    try {
      const { config, warnings } = await readConfig(env)
      const withoutToken = { ...config, tokens: [], tokenSource: undefined }
      const hasToken = env.WECHATY_PUPPET_SERVICE_TOKEN !== NO_TOKEN.WECHATY_PUPPET_SERVICE_TOKEN
      return { config: hasToken ? config : withoutToken, problems: problems ?? [], warnings }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      // What a later round finds comes from what was left out.
      problems ??= error.problems
      env = withoutVariables(env, error.problems)
    }
  }
  return { config: undefined, problems: problems ?? [], warnings: [] }
}

function withoutVariables(env: Env, problems: readonly Problem[]): Env {
  const left: Record<string, string | undefined> = { ...env }
  for (const { variable, code } of problems) {
    if (code === 'VARIABLE_MISSING' && isToken(variable)) Object.assign(left, NO_TOKEN)
    for (const name of [...(PAIR.includes(variable) ? PAIR : []), ...namesOf(variable)]) {
      if (left[name] !== NO_TOKEN.WECHATY_PUPPET_SERVICE_TOKEN) delete left[name]
    }
  }
  return left
}

/** A variable by all of its names: `run` would not read the other one instead. */
function namesOf(variable: string): readonly string[] {
  const row = (SIDECAR_VARIABLES as readonly Variable[]).find(
    ({ name, alias }) => name === variable || alias === variable,
  )
  return row === undefined ? [variable] : [row.name, ...(row.alias === undefined ? [] : [row.alias])]
}

export function isToken(variable: string): boolean {
  return ['WECHATY_PUPPET_SERVICE_TOKEN', 'WECHATY_TOKEN', 'WECHATY_PUPPET_SERVICE_TOKEN_FILE'].includes(
    variable,
  )
}
