import type { Advertised } from './advertised-endpoint.ts'
import { SOCKETS_PER_REGISTRANT } from './limits.ts'

/** Whoever holds a token, as it counts for a newcomer. */
interface Holder {
  readonly advertised: Pick<Advertised, 'isRegistrant' | 'id'>
}

/** Those who leave when a newcomer of their token is let in. */
export interface Displacement<Entry> {
  /** Its own older links. */
  readonly replaced: readonly Entry[]
  /** The oldest of the others, where there are too many. Refusing the newcomer would let whoever knows the token lock its owner out. */
  readonly displaced: readonly Entry[]
}

/**
 * @param all who has the token, the oldest first
 * @param perToken how many registrants a token may have; a few more sockets may only listen
 */
export function displacementBy<Entry extends Holder>(
  newcomer: Holder['advertised'],
  all: readonly Entry[],
  perToken: number,
): Displacement<Entry> {
  const isReplaced = ({ advertised }: Entry): boolean =>
    newcomer.id !== undefined && advertised.id === newcomer.id
  const others = all.filter((entry) => !isReplaced(entry))
  const registrants = others.filter(({ advertised }) => advertised.isRegistrant)
  const listeners = others.filter(({ advertised }) => !advertised.isRegistrant)
  const tooMany = newcomer.isRegistrant ? registrants.length + 1 - perToken : 0
  const displaced = registrants.slice(0, Math.max(0, tooMany))
  // Those who only listen go first.
  const inAll = others.length - displaced.length + 1 - perToken * SOCKETS_PER_REGISTRANT
  const rest = [...listeners, ...registrants.slice(displaced.length)]
  return {
    replaced: all.filter(isReplaced),
    displaced: [...displaced, ...rest.slice(0, Math.max(0, inAll))],
  }
}
