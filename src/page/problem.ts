/** As `/status` has them. */
export interface Problem {
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly since: string
  /** Which tokens it is about, the first few by name; count 0: none in particular. */
  readonly tokens: { readonly count: number; readonly ids: readonly string[] }
}
