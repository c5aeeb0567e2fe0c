import type { SidecarEvent } from '../events.ts'

export interface RegistrationLine {
  readonly level: 'info' | 'warn' | 'error'
  /** The word under which it is counted where many change at once. */
  readonly kind: string
  readonly text: string
  /** Why, where that is trouble; empty where it is not. */
  readonly trouble: string
}

/**
 * The line for a registration that has got into a state which is not a transient one.
 *
 * @param wasRegistered whether it was registered when a line about it was last written
 */
export function registrationLine(
  { state, reason, confirmed }: SidecarEvent & { type: 'registration' },
  wasRegistered: boolean,
): RegistrationLine {
  switch (state) {
    case 'registered':
      return confirmed
        ? { level: 'info', kind: 'registered', text: 'registered', trouble: '' }
        : { level: 'warn', kind: 'unconfirmed', text: UNCONFIRMED, trouble: 'the registry did not confirm' }
    case 'waiting':
      return {
        level: 'warn',
        kind: 'waiting',
        text: `not registered: ${reason}; trying again`,
        trouble: reason,
      }
    case 'refused':
      return {
        level: 'error',
        kind: 'refused',
        text: `refused: ${reason}; trying again every minute`,
        trouble: reason,
      }
    default: {
      const text = wasRegistered ? 'withdrawn' : 'not trying any more'
      return { level: 'info', kind: 'withdrawn', text, trouble: '' }
    }
  }
}

const UNCONFIRMED = 'registered, as it seems: the registry keeps the connection but did not confirm'
