import { customCleanEnv, type RequiredValidatorSpec } from 'envalid'
import type { Problem } from '../lib/problem.ts'
import type { Findings } from './config-error.ts'
import { CONNECT_VARIABLES } from './connect-variables.ts'
import { isServiceLink } from './service-link.ts'
import type { Variable } from './variable.ts'
import { REGISTRY_VARIABLES, SIDECAR_VARIABLES } from './variables.ts'

/** The names that are read. */
const KNOWN: ReadonlySet<string> = new Set(
  [...SIDECAR_VARIABLES, ...REGISTRY_VARIABLES, ...CONNECT_VARIABLES].map(({ name }) => name),
)

/** The environment as it was given: an empty string counts as unset. */
export type Env = Readonly<Record<string, string | undefined>>

export type SetVariables = Readonly<Record<string, string>>

/** The values of a table's variables by name. Those without a default may be undefined. */
export type Values<Row extends Variable> = {
  readonly [Each in Row as Each['name']]: Each['byDefault'] extends ''
    ? ValueOf<Each> | undefined
    : ValueOf<Each>
}

type ValueOf<Row extends Variable> = Row['parse'] extends RequiredValidatorSpec<infer Value> ? Value : never

/** What reading a configuration gives: warnings do not stop the start. */
export interface ConfigAndWarnings<Config> {
  readonly config: Config
  readonly warnings: readonly Problem[]
}

/** Whose white space is told where tokens are read. */
const HOLDS_TOKENS: ReadonlySet<string> = new Set(['WECHATY_PUPPET_SERVICE_TOKEN', 'WECHATY_TOKEN'])

/**
 * What is set of an environment. An empty variable is not (`VARIABLE=` in an env file), and neither is one that Kubernetes has
 * set for a Service of that name, of which `findings` is told. White space around values is dropped: a newline comes from
 * `$(cat …)` and from Secrets, a carriage return from files of Windows.
 */
export function setVariables(given: Env, findings: Findings): SetVariables {
  const set: Record<string, string> = {}
  for (const [name, value = ''] of Object.entries(given)) {
    if (value === '') continue
    if (KNOWN.has(name) && isServiceLink(name, value)) {
      findings.warn(
        name,
        'is what Kubernetes sets for a Service of that name, and is ignored; set enableServiceLinks: false in the pod, or rename the Service',
        'SERVICE_LINK',
      )
      continue
    }
    const trimmed = HOLDS_TOKENS.has(name) ? value : value.trim()
    if (trimmed !== '') set[name] = trimmed
    else if (KNOWN.has(name)) findings.problem(name, 'holds nothing but white space; leave it empty')
  }
  return set
}

/** Some rows of a table. */
export function rowsOf<Row extends Variable, Name extends Row['name']>(
  table: readonly Row[],
  ...names: readonly Name[]
): readonly Extract<Row, { name: Name }>[] {
  const isWanted = (row: Row): row is Extract<Row, { name: Name }> =>
    (names as readonly string[]).includes(row.name)
  return table.filter(isWanted)
}

/**
 * Reads the variables of a table out of an environment. Where a value is a problem it is missing from the result: do not use
 * that while there are problems.
 *
 * @param writtenAs the name under which the user set a variable, for messages
 */
export function readVariables<Row extends Variable>(
  table: readonly Row[],
  env: SetVariables,
  findings: Findings,
  writtenAs: (name: string) => string = (name) => name,
): Values<Row> {
  const defaults = table
    .filter(({ byDefault }) => byDefault !== '')
    .map(({ name, byDefault }) => [name, byDefault])
  const readable = Object.fromEntries(
    table.flatMap(({ name }) => {
      const value = env[name]
      return value !== undefined && isReadable(writtenAs(name), value, findings) ? [[name, value]] : []
    }),
  )
  const specs = table.map(({ name, parse }) => [name, { ...parse, default: undefined }])
  const values = customCleanEnv(
    { ...Object.fromEntries(defaults), ...readable },
    Object.fromEntries(specs),
    (cleaned) => cleaned,
    {
      // Envalid's own reporter prints them and ends the process.
      reporter: ({ errors }) => {
        for (const [name, error] of Object.entries<Error | undefined>(errors)) {
          if (error !== undefined) findings.problem(writtenAs(name), error.message)
        }
      },
    },
  )
  return values as unknown as Values<Row>
}

/** Whether a value is worth parsing; a problem if not. */
function isReadable(name: string, value: string, findings: Findings): boolean {
  if (HOLDS_TOKENS.has(name)) return true
  if (!/^["']|["']$/.test(value)) return true
  const message =
    "is in quotes; write it without: Docker's --env-file keeps them, and so does a list below environment: in Compose"
  findings.problem(name, message, 'VARIABLE_QUOTED')
  return false
}

/** Copies the values of the sidecar's aliases to the names they stand for, where those are not set. */
export function resolveAliases(
  env: SetVariables,
  findings: Findings,
): {
  readonly env: SetVariables
  /** The name the user really wrote, for messages. */
  readonly writtenAs: (name: string) => string
} {
  const resolved = { ...env }
  const origins = new Map<string, string>()
  for (const { name, alias } of SIDECAR_VARIABLES as readonly Variable[]) {
    const value = alias === undefined ? undefined : env[alias]
    if (alias === undefined || value === undefined) continue
    if (!(name in env)) {
      resolved[name] = value
      origins.set(name, alias)
    } else if (env[name] !== value) {
      findings.warn(alias, `is ignored, because ${name} is set too and differs`, 'VARIABLE_CONFLICT')
    }
  }
  return { env: resolved, writtenAs: (name) => origins.get(name) ?? name }
}
