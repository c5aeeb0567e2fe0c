import type { Clock } from '../../lib/clock.ts'
import type { GapWait } from '../gap-wait.ts'
import type { Registrant } from '../registrant.ts'
import type { RegistrationTable } from '../registration-table.ts'

/** A registrant of this process. */
export interface Claimant {
  readonly token: string
  /** By the clock. */
  readonly joinedMs: number
  /** `id`: the same for all links of one registrant; undefined if it has none. */
  readonly advertised: { readonly id: string | undefined }
}

/** All registrants of this process. */
export interface LocalRegistrants<Entry extends Claimant> {
  /** The newest one that clients can be sent to. */
  newest(token: string): Entry | undefined
  /** The one that joined first, answering or not. */
  oldest(token: string): Entry | undefined
  /** How many there are, answering or not. */
  count(token: string): number
  /** Until when one that was lost is expected back, by the clock; undefined if none is. */
  expectedUntilMs(token: string): number | undefined
  /** Another node has a newer one: none is expected here any more. */
  stopExpecting(token: string): void
  /** They are older links of a registrant that has come to another node. */
  replace(token: string, isOlderLink: (entry: Entry) => boolean): void
  /** There are too many. */
  displace(token: string, isOldest: (entry: Entry) => boolean): void
}

/** The registrants of this process, as the cluster sees them. */
export function localRegistrants(
  clock: Clock,
  table: Pick<RegistrationTable, 'of'>,
  gapWait: Pick<GapWait, 'untilMs' | 'came'>,
): LocalRegistrants<Registrant> {
  return {
    newest: (token) => table.of(token).findLast(({ findable, isPublished }) => findable && isPublished),
    oldest: (token) => table.of(token).find(({ advertised }) => advertised.isRegistrant),
    count: (token) => table.of(token).filter(({ advertised }) => advertised.isRegistrant).length,
    expectedUntilMs: (token) => gapWait.untilMs(token, clock.now()),
    stopExpecting: (token) => gapWait.came(token),
    displace: (token, isOldest) => {
      for (const registrant of table.of(token)) if (isOldest(registrant)) registrant.displace()
    },
    replace: (token, isOlderLink) => {
      for (const registrant of table.of(token)) if (isOlderLink(registrant)) registrant.replace()
    },
  }
}
