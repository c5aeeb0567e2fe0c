/** How much is kept, at most. */
export const DAY_MS = 24 * 60 * 60_000
export const MINUTES_KEPT = 1440
export const EVENTS_KEPT = 50

/**
 * `GET /history`: what happened in the last 24 hours. Instants are ISO 8601 in UTC, whole milliseconds of a clock that never goes back, as
 * the wall clock of today says them: where somebody sets that one, all instants move with it.
 */
export interface HistoryReport {
  /** When the program began. Another one than before: it was restarted, or somebody has set the clock, and all is sent anew. */
  readonly started: string
  /** From here on this tells what happened: a day ago, the start, or what was asked for. */
  readonly since: string
  readonly until: string
  /**
   * For each thing that has states: one after the other, each until the next one begins, the first one that of `since`. Empty: the thing is not there.
   */
  readonly states: Readonly<Record<string, readonly StateReport[]>>
  readonly minutes: MinutesReport
  /** The last lines of the log, oldest first, however old they are. */
  readonly events: readonly EventReport[]
}

export interface StateReport {
  /** Counts up from 1, one by one as states begin; numbers are left out where several were put together. */
  readonly number: number
  readonly at: string
  readonly state: string
  /** The stable name of what is wrong; null if nothing is. */
  readonly code: string | null
  /** Why, for people; empty where nothing is to be said. */
  readonly cause: string
  /**
   * How often it changed between this `at` and the next without that being told: 0 unless there was much to tell. This state is one of those
   * that it was in, one with a trouble if there was one.
   */
  readonly changes: number
}

/** Each list has a value a minute, in order, from the minute that begins at `from`; the last one is not over yet. */
export interface MinutesReport {
  /** Which minute that is, counted from 0 as the program began. */
  readonly first: number
  readonly from: string
  /** Milliseconds, to three digits; null in a minute without any. The median is known to 5 %. */
  readonly durations: Readonly<
    Record<string, { readonly medianMs: readonly Value[]; readonly maxMs: readonly Value[] }>
  >
  /** How often it happened in the minute. */
  readonly counts: Readonly<Record<string, readonly number[]>>
  /** How many there were at the end of the minute. */
  readonly levels: Readonly<Record<string, readonly number[]>>
}

/** Null where there was nothing. */
export type Value = number | null

export interface EventReport {
  /** Counts up from 1, so that whoever has read some knows which are new. */
  readonly number: number
  readonly at: string
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
  /** The public name of the token that it is about; null: of none in particular. */
  readonly token: string | null
}
