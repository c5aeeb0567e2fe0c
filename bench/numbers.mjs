/** The smallest of `values` that at least `share` of them do not exceed. Of 20 values the 0.99 is the largest. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

export const median = (values) => quantile(values, 0.5)

/** Formats milliseconds, with about three digits. */
export function ms(value) {
  return `${value.toFixed(value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0)} ms`
}

/** Formats times in milliseconds: median, smallest and largest. */
export function spread(values) {
  return `${ms(median(values))} (${ms(Math.min(...values))} to ${ms(Math.max(...values))})`
}

export function mib(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

export function kib(bytes) {
  return `${(bytes / 2 ** 10).toFixed(1)} KiB`
}

export function percent(share) {
  return `${(share * 100).toFixed(2)} %`
}

/** Formats a count: 10,000. */
export function formatCount(value) {
  return value.toLocaleString('en')
}

/** Formats rates a second: median, smallest and largest. */
export function rates(values) {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
  return `${formatCount(Math.round(middle))}/s (${formatCount(Math.round(least))} to ${formatCount(Math.round(most))})`
}

/** Formats milliseconds as seconds. */
export function seconds(value) {
  return `${(value / 1000).toFixed(2)} s`
}
