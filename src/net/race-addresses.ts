import { afterPatience, type Cancel, type Clock } from '../lib/clock.ts'
import { connectErrorKind } from './connect-error.ts'

export interface RaceOptions<Connection> {
  readonly clock: Clock
  readonly addresses: readonly string[]
  /** The one that was connected last: the puppet's, as far as is known. */
  readonly last: string | undefined
  /** Rejects with the connection's error, or when the signal aborts. */
  readonly connect: (address: string, signal: AbortSignal) => Promise<Connection>
  /** Lets go of a connection that came too late. */
  readonly discard: (connection: Connection) => void
}

export interface Connected<Connection> {
  readonly address: string
  readonly connection: Connection
}

/** How long one address is tried before the next one is tried too, in milliseconds. RFC 8305 §5: at least 100. */
const NEXT_AFTER_MS = 100
/** What others may still take when the last address has refused, which is the puppet's death unless another one is alive. */
const OTHERS_MS = 30
/** The same where none was ever connected: nothing is withdrawn then, and the one that lives may be far away. */
const OTHERS_AT_FIRST_MS = 1000
const ADDRESSES_MAX = 8

/**
 * Connects to whichever address of a name answers first, the last one before the others. Rejects when all have failed, when one has
 * refused and the others stay silent, or when `signal` aborts: a refusal is what counts, where there is one.
 */
export function raceAddresses<Connection>(
  options: RaceOptions<Connection>,
  signal: AbortSignal,
): Promise<Connected<Connection>> {
  const { clock, addresses, last, connect, discard } = options
  const isKnown = last !== undefined && addresses.includes(last)
  const others = addresses.filter((address) => address !== last)
  const waiting = (isKnown ? [last, ...others] : others).slice(0, ADDRESSES_MAX)
  return new Promise((resolve, reject) => {
    const over = new AbortController()
    const errors: NodeJS.ErrnoException[] = []
    const cancels: Cancel[] = []
    let pending = waiting.length
    let refusal: NodeJS.ErrnoException | undefined
    const end = (settle: () => void): void => {
      if (over.signal.aborted) return
      for (const cancel of cancels) cancel()
      signal.removeEventListener('abort', abort)
      settle()
      over.abort()
    }
    const abort = (): void => end(() => reject(new Error('aborted')))
    const fail = (): void => end(() => reject(refusal ?? errors[0] ?? new Error('no address')))
    const failed = (address: string, error: NodeJS.ErrnoException): void => {
      errors.push(error)
      pending -= 1
      const isRefusal = connectErrorKind(error) === 'refused'
      if (isRefusal) refusal ??= error
      if (pending === 0) return fail()
      if (isRefusal && address === last) {
        while (waiting.length > 0) next()
        cancels.push(afterPatience(clock, OTHERS_MS, fail))
      } else {
        if (isRefusal && !isKnown) cancels.push(afterPatience(clock, OTHERS_AT_FIRST_MS, fail))
        next()
      }
    }
    const next = (): void => {
      const address = waiting.shift()
      if (address === undefined || over.signal.aborted) return
      connect(address, over.signal).then(
        (connection) => {
          if (over.signal.aborted) discard(connection)
          else end(() => resolve({ address, connection }))
        },
        (error) => {
          if (!over.signal.aborted) failed(address, error)
        },
      )
      if (waiting.length > 0) cancels.push(clock.after(NEXT_AFTER_MS, next))
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    if (pending === 0) fail()
    next()
  })
}
