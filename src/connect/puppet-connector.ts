import { type Clock, pause } from '../lib/clock.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { TroubleAndReason } from './connect-trouble.ts'
import { DialError, isLasting } from './dial-error.ts'
import type { ConnectEvent } from './events.ts'
import type { PuppetDialer } from './puppet-dialer.ts'
import type { PuppetFinder } from './puppet-finder.ts'
import type { RelayEnd } from './relay.ts'

export interface PuppetConnectorOptions {
  readonly id: string
  readonly finder: PuppetFinder
  readonly dialer: PuppetDialer
  readonly clock: Clock
  readonly waitMs: number
  readonly onEvent: (event: ConnectEvent) => void
}

export interface ConnectedPuppet {
  readonly end: RelayEnd
  readonly endpoint: Endpoint
}

/** The pause before the next try, in milliseconds: with the answer's age it is what a bot loses beyond the puppet's own absence. */
const RETRY_MS = 250

/**
 * Connects to a token's puppet, wherever it is: asks the registry again when a connection fails, and goes on for a while where there is none.
 * Rejects with a DialError.
 *
 * @param isTlsBot whether the bot speaks TLS with the puppet itself
 */
export async function connectToPuppet(
  { id, finder, dialer, clock, waitMs, onEvent }: PuppetConnectorOptions,
  isTlsBot: boolean,
  signal: AbortSignal,
): Promise<ConnectedPuppet> {
  const untilMs = clock.now() + waitMs
  for (;;) {
    const found = await finder.find()
    let trouble: TroubleAndReason
    if ('endpoint' in found) {
      const { endpoint } = found
      try {
        return { endpoint, end: await dialer.dial(endpoint, isTlsBot, signal) }
      } catch (error) {
        if (!(error instanceof DialError)) throw error
        trouble = error.trouble
        onEvent({ type: 'dialFailed', id, endpoint, ...trouble })
        finder.doubt(endpoint)
      }
    } else trouble = found.trouble
    const leftMs = untilMs - clock.now()
    if (leftMs <= 0 || isLasting(trouble) || signal.aborted) throw new DialError(trouble)
    await pause(clock, Math.min(RETRY_MS, leftMs), signal)
  }
}
