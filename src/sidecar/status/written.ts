/** What was written about something since it got into its state: only what is new is written. */
export interface Written {
  readonly state: string
  readonly sinceMs: number
  readonly causes: string[]
  /** How often one of the causes came again. */
  repeats: number
}

/** How long the state before a change had lasted, and how often causes that were written in it came again. */
export interface Lasted {
  readonly lastedMs?: number
  readonly repeats?: number
}
