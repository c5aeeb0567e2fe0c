export interface Metric {
  readonly text: string
  readonly format: (value: number) => string
  /** Default: lower. */
  readonly better?: 'lower' | 'higher'
}

/** The value of each metric, for both builds. */
export interface Pair {
  readonly before: Readonly<Record<string, number>>
  readonly after: Readonly<Record<string, number>>
}

/** The cells of a row; the last one says whether the build `after` is worse: `no` or `**yes**`. */
export function rowOf(key: string, metric: Metric, pairs: readonly Pair[]): string[]
