import type { Clock } from '../../lib/clock.ts'

/** How long the places of registrants that were sent away are kept at the end, in milliseconds. */
const END_MS = 1500
/** It is looked after so often whether they are needed any more, in milliseconds. */
const LOOK_MS = 50

export interface DrainOptions {
  readonly clock: Clock
  readonly own: {
    /** How many tokens expect their registrant back. */
    readonly expecting: number
    /** Gives up the places of those that are not back in time. */
    endExpecting(): void
  }
  /** Whether it would not be heard that they have come to others. */
  readonly isCutOff: () => boolean
}

/** Resolves when all registrants that were sent away have come to others, or are not waited for any more. */
export async function untilMoved({ clock, own, isCutOff }: DrainOptions): Promise<void> {
  const untilMs = clock.now() + END_MS
  while (own.expecting > 0 && clock.now() < untilMs && !isCutOff()) {
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
    own.endExpecting()
  }
}
