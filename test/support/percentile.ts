export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Nearest-rank percentiles: each figure is one of the values. Throws on an empty list. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b)
  return { count: sorted.length, p50: rank(sorted, 50), p99: rank(sorted, 99), max: rank(sorted, 100) }
}

function rank(sorted: readonly number[], percent: number): number {
  const value = sorted[Math.ceil((percent / 100) * sorted.length) - 1]
  if (value === undefined) throw new Error('no values')
  return value
}
