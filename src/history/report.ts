/** `GET /history`: what happened in the last 24 hours. Instants are ISO 8601 in UTC. */
export interface HistoryReport {
  /** Before that nothing is known: the program began then, or it is too long ago. */
  readonly since: string
  readonly until: string
  /** For each thing that has a state: its states one after the other, each until the next begins. */
  readonly states: Readonly<Record<string, readonly StateReport[]>>
  readonly minutes: MinutesReport
  /** The last lines of the log, oldest first. */
  readonly events: readonly EventReport[]
}

export interface StateReport {
  readonly at: string
  readonly state: string
  /** The stable name of what is wrong; null if nothing is. */
  readonly code: string | null
  /** Why, for people; empty where nothing is to be said. */
  readonly cause: string
}

/** Each list has a value a minute, in order, from the minute that begins at `from`; the last one is not over yet. */
export interface MinutesReport {
  readonly from: string
  /** Milliseconds; null in a minute without any. */
  readonly durations: Readonly<
    Record<string, { readonly medianMs: readonly Value[]; readonly maxMs: readonly Value[] }>
  >
  /** How often it happened in the minute. */
  readonly counts: Readonly<Record<string, readonly Value[]>>
  /** How many there were at the end of the minute. */
  readonly levels: Readonly<Record<string, readonly Value[]>>
}

/** Null where nothing is known. */
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
