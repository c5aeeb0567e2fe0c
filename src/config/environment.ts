import { customCleanEnv, type RequiredValidatorSpec } from 'envalid'
import type { Problem } from '../lib/problem.ts'
import type { Findings } from './config-error.ts'
import { SIDECAR_VARIABLES, type Variable } from './variables.ts'

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

/** Drops what is empty: `VARIABLE=` in an env file means "not set". */
export function withoutEmpty(env: Env): SetVariables {
  const set = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  )
  return Object.fromEntries(set)
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
  const specs = table.map(({ name, parse }) => [name, { ...parse, default: undefined }])
  const values = customCleanEnv(
    { ...Object.fromEntries(defaults), ...env },
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

/** What Kubernetes makes up in every pod beside a Service called `registrar` or `registry`. */
const SERVICE_LINK = /^REGISTR(AR|Y)_(SERVICE_|PORT($|_))/

/** Warns of names that begin with `prefix` but are not in `table`: misspelt, most likely. */
export function warnOfUnknown(
  env: SetVariables,
  prefix: 'REGISTRAR_' | 'REGISTRY_',
  table: readonly Variable[],
  findings: Findings,
): void {
  const known = new Set(table.map(({ name }) => name))
  for (const name of Object.keys(env)) {
    if (!name.startsWith(prefix) || known.has(name) || SERVICE_LINK.test(name)) continue
    findings.warn(name, 'is not a variable of this program and is ignored; see --help', 'VARIABLE_UNKNOWN')
  }
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
