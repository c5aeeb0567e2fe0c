const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** How long something lasts, as people say it: `40 s`, `3 min 5 s`, `3 h 12 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms)
  const parts = (unit: number, name: string, smaller: number, smallerName: string): string => {
    const rest = Math.floor((whole % unit) / smaller)
    return `${Math.floor(whole / unit)} ${name}${rest === 0 ? '' : ` ${rest} ${smallerName}`}`
  }
  if (whole < MINUTE_MS) return `${Math.floor(whole / SECOND_MS)} s`
  if (whole < HOUR_MS) return parts(MINUTE_MS, 'min', SECOND_MS, 's')
  if (whole < DAY_MS) return parts(HOUR_MS, 'h', MINUTE_MS, 'min')
  return parts(DAY_MS, 'd', HOUR_MS, 'h')
}
