import { customCleanEnv, type RequiredValidatorSpec } from 'envalid'
import type { Problem } from '../lib/problem.ts'
import { SIDECAR_VARIABLES, type Variable } from './variables.ts'

/** The environment as it was given: an empty string counts as unset. */
export type Env = Readonly<Record<string, string | undefined>>

/** The environment without what is empty. */
export type SetVariables = Readonly<Record<string, string>>

/** The values of a table's variables by name. Those without a default may be undefined. */
export type Values<Row extends Variable> = {
  readonly [Each in Row as Each['name']]: Each['byDefault'] extends ''
    ? ValueOf<Each> | undefined
    : ValueOf<Each>
}

type ValueOf<Row extends Variable> = Row['parse'] extends RequiredValidatorSpec<infer Value> ? Value : never

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
 * Reads the variables of a table out of an environment. Collects the problems, instead of printing them and exiting as
 * envalid's own reporter does. The values concerned are missing from the result: do not use it while there are problems.
 *
 * @param writtenAs the name under which the user set a variable, for messages
 */
export function readVariables<Row extends Variable>(
  table: readonly Row[],
  env: SetVariables,
  writtenAs: (name: string) => string = (name) => name,
): { values: Values<Row>; problems: Problem[] } {
  const defaults = table
    .filter(({ byDefault }) => byDefault !== '')
    .map(({ name, byDefault }) => [name, byDefault])
  const specs = table.map(({ name, parse }) => [name, { ...parse, default: undefined }])
  const problems: Problem[] = []
  const values = customCleanEnv(
    { ...Object.fromEntries(defaults), ...env },
    Object.fromEntries(specs),
    (cleaned) => cleaned,
    {
      reporter: ({ errors }) => {
        for (const [name, error] of Object.entries<Error | undefined>(errors)) {
          if (error !== undefined) problems.push({ variable: writtenAs(name), message: error.message })
        }
      },
    },
  )
  return { values: values as unknown as Values<Row>, problems }
}

/** What Kubernetes makes up in every pod beside a Service called `registrar` or `registry`. */
const SERVICE_LINK = /^REGISTR(AR|Y)_(SERVICE_|PORT($|_))/

/** Warns of names that begin with `prefix` but are not in `table`: misspelt, most likely. */
export function unknownVariables(
  env: SetVariables,
  prefix: 'REGISTRAR_' | 'REGISTRY_',
  table: readonly Variable[],
): Problem[] {
  const known = new Set(table.map(({ name }) => name))
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !known.has(name) && !SERVICE_LINK.test(name))
    .map((variable) => ({
      variable,
      message: 'is not a variable of this program and is ignored; see --help',
    }))
}

/** Copies the values of the sidecar's aliases to the names they stand for, where those are not set. */
export function resolveAliases(env: SetVariables): {
  env: SetVariables
  /** The name the user really wrote, for messages. */
  writtenAs: (name: string) => string
  /** About aliases that say something else than the name they stand for. */
  warnings: Problem[]
} {
  const resolved = { ...env }
  const origins = new Map<string, string>()
  const warnings: Problem[] = []
  for (const { name, alias } of SIDECAR_VARIABLES as readonly Variable[]) {
    const value = alias === undefined ? undefined : env[alias]
    if (alias === undefined || value === undefined) continue
    if (!(name in env)) {
      resolved[name] = value
      origins.set(name, alias)
    } else if (env[name] !== value) {
      const message = `is ignored, because ${name} is set too and differs`
      warnings.push({ variable: alias, message })
    }
  }
  return { env: resolved, writtenAs: (name) => origins.get(name) ?? name, warnings }
}
