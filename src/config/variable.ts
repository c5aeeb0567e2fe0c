import type { RequiredValidatorSpec } from 'envalid'

/** One variable. Reading, `--help` and the test that holds the documents' tables against the code all use this row. */
export interface Variable {
  readonly name: string
  /** The default as a user would write it; empty if there is none. */
  readonly byDefault: string
  readonly parse: RequiredValidatorSpec<unknown>
  readonly meaning: string
  /** Another program's name for the same thing; read when `name` is not set. */
  readonly alias?: string
}

export function row<const Name extends string, const Default extends string, Value>(
  name: Name,
  byDefault: Default,
  parse: RequiredValidatorSpec<Value>,
  meaning: string,
  alias?: string,
) {
  return { name, byDefault, parse, meaning, ...(alias === undefined ? {} : { alias }) }
}
