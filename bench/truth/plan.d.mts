/** What a plan needs to know of a fault, see faults.mjs. */
export interface PlannedFault {
  readonly name: string
  readonly forMs: number
  readonly times?: number
  readonly betweenMs?: number
}

export interface Plan<Fault> {
  /** When each begins, from the beginning of the script. */
  readonly planned: readonly { readonly fault: Fault; readonly atMs: number }[]
  readonly lengthMs: number
}

export function planOf<Fault extends PlannedFault>(options: {
  readonly faults: readonly Fault[]
  /** A whole number. */
  readonly seed: string
  readonly order: 'as-written' | 'shuffled'
}): Plan<Fault>
