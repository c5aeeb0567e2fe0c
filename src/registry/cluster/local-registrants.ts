import type { Clock } from '../../lib/clock.ts'
import type { GapWait } from '../gap-wait.ts'
import type { Registrant } from '../registrant.ts'
import type { RegistrationTable } from '../registration-table.ts'
import type { LocalRegistrants } from './claims.ts'

/** The registrants of this process, as the cluster sees them. */
export function localRegistrants(
  clock: Clock,
  table: Pick<RegistrationTable, 'of'>,
  gapWait: Pick<GapWait, 'untilMs' | 'came'>,
): LocalRegistrants<Registrant> {
  return {
    newest: (token) => table.of(token).findLast(({ findable, isPublished }) => findable && isPublished),
    count: (token) => table.of(token).filter(({ advertised }) => advertised.isRegistrant).length,
    expectedUntilMs: (token) => gapWait.untilMs(token, clock.now()),
    isElsewhere: (token) => gapWait.came(token),
    replace: (token, isOlderLink) => {
      for (const registrant of table.of(token)) if (isOlderLink(registrant)) registrant.replace()
    },
  }
}
