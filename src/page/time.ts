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

/** How long one probe or one round trip takes: `0.42 ms`, `12 ms`, `1.5 s`. */
export function milliseconds(ms: number): string {
  if (ms >= SECOND_MS) return `${Number((ms / SECOND_MS).toPrecision(2))} s`
  return `${Number(ms.toPrecision(2))} ms`
}

/** The time of day in the viewer's zone, to the second; before today with its day: `12:03:11`, `26 Nov, 12:03:11`. */
export function clockTime(atMs: number, nowMs: number): string {
  return (isSameDay(atMs, nowMs) ? TIME : DAY_AND_TIME).format(atMs)
}

/** The time of day in the viewer's zone, to the minute. */
export function clockMinute(atMs: number): string {
  return MINUTE.format(atMs)
}

/** The same, before today with its day: `12:03`, `26 Nov, 12:03`. */
export function dayMinute(atMs: number, nowMs: number): string {
  return (isSameDay(atMs, nowMs) ? MINUTE : DAY_AND_MINUTE).format(atMs)
}

function isSameDay(oneMs: number, otherMs: number): boolean {
  return new Date(oneMs).toDateString() === new Date(otherMs).toDateString()
}

/** How far the viewer's time is ahead of UTC, in milliseconds. */
export function zoneMs(atMs: number): number {
  return -new Date(atMs).getTimezoneOffset() * MINUTE_MS
}

const DAY = { day: 'numeric', month: 'short' } as const
const MINUTES = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const SECONDS = { ...MINUTES, second: '2-digit' } as const
const TIME = new Intl.DateTimeFormat('en-GB', SECONDS)
const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', { ...DAY, ...SECONDS })
const MINUTE = new Intl.DateTimeFormat('en-GB', MINUTES)
const DAY_AND_MINUTE = new Intl.DateTimeFormat('en-GB', { ...DAY, ...MINUTES })
