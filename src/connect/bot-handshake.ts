import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { Clock } from '../lib/clock.ts'
import type { TroubleAndReason } from './connect-trouble.ts'
import { firstBytes } from './first-bytes.ts'
import { type RelayEnd, reset } from './relay.ts'

/** Deadline of the TLS handshake with a bot, in milliseconds: it takes two round trips, and whoever sends a byte a second is not to hold it. */
const BOT_HANDSHAKE_MS = 10_000

/**
 * Speaks TLS with a bot that has begun to, and waits for its first bytes inside. Resolves with why that failed if it has, and with `none` if
 * it said nothing for `silenceMs` milliseconds. Never rejects.
 */
export async function botHandshake(
  tcp: Socket,
  secureContext: SecureContext,
  clock: Clock,
  silenceMs: number,
): Promise<RelayEnd | TroubleAndReason | 'none'> {
  const socket = new TLSSocket(tcp, { isServer: true, secureContext, ALPNProtocols: ['h2'] })
  const bot = { tcp, socket }
  let failure: string | undefined
  // A bot that does not trust the certificate says so in an alert, which is in the code.
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    failure ??= `the TLS handshake of a bot fails (${code ?? 'no code'})`
  })
  const cancel = clock.after(BOT_HANDSHAKE_MS, () => {
    failure ??= `the TLS handshake of a bot is not over after ${BOT_HANDSHAKE_MS / 1000} s`
    reset(bot)
  })
  socket.once('secure', cancel)
  const said = await firstBytes(socket, clock, silenceMs)
  cancel()
  if (said !== 'none') return bot
  const isGone = socket.readableEnded || socket.destroyed
  if (failure === undefined && !isGone) return 'none'
  // Node.js looks at the certificate when its handshake is over, and sends no alert.
  const reason = failure ?? 'a bot goes away at its TLS handshake; perhaps it does not trust the certificate'
  return { code: 'BOT_TLS_FAILED', reason }
}
