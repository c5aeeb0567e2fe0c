const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How old a trouble is when one is reminded of it; after that once an hour. */
const AGES_MS = [1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE_MS)

/** The age at which the next reminder of a trouble is due that is so old. */
function nextReminderMs(ageMs: number): number {
  return AGES_MS.find((each) => each > ageMs) ?? (Math.floor(ageMs / HOUR_MS) + 1) * HOUR_MS
}

/** How old a trouble is, for people. */
export function ageInWords(ageMs: number): string {
  const minutes = Math.floor(ageMs / MINUTE_MS)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}

/**
 * Says when it is time to repeat that a trouble goes on: with growing gaps. It has no timer: whoever meets the trouble again and again
 * asks it each time.
 */
export class Reminder {
  #sinceMs: number | undefined
  #nextMs = 0

  /** The trouble's age in milliseconds, if a reminder of it is due; undefined if none is. */
  due(isTrouble: boolean, nowMs: number): number | undefined {
    if (!isTrouble) {
      this.#sinceMs = undefined
      return undefined
    }
    this.#sinceMs ??= nowMs
    const ageMs = nowMs - this.#sinceMs
    if (ageMs === 0) this.#nextMs = nextReminderMs(0)
    if (ageMs < this.#nextMs) return undefined
    this.#nextMs = nextReminderMs(ageMs)
    return ageMs
  }
}
