import type { Socket } from 'node:net'
import { afterThisTurn } from '../lib/clock.ts'
import type { EndedBy, Ending } from './events.ts'

/** One end of a connection that is carried: a socket, and the TCP connection under it, which is the same where there is no TLS. */
export interface RelayEnd {
  readonly socket: Socket
  readonly tcp: Socket
}

export interface RelayResult {
  readonly by: EndedBy
  readonly ending: Ending
}

/**
 * Carries bytes between a bot and a puppet, each as fast as the other takes them, until both are closed; resolves then. An end that is closed
 * (FIN) may still be sent to; one that is reset takes the other with it in the same way.
 */
export function relay(bot: RelayEnd, puppet: RelayEnd): Promise<RelayResult> {
  return new Promise((resolve) => {
    let result: RelayResult | undefined
    let open = 2
    const carry = (from: RelayEnd, to: RelayEnd, by: EndedBy): void => {
      const { socket } = from
      let isBroken = false
      const closed = (): void => {
        // Broken, or destroyed by somebody here. A reset that comes together with the other side's FIN looks by now like an end on both ways.
        if (isBroken || !socket.readableEnded || !socket.writableFinished) reset(to)
        open -= 1
        if (open === 0) resolve(result ?? { by: 'connect', ending: 'reset' })
      }
      socket.on('data', (chunk) => {
        if (!to.socket.write(chunk)) socket.pause()
      })
      to.socket.on('drain', () => socket.resume())
      const broken = (): void => {
        isBroken = true
        result ??= { by, ending: 'reset' }
      }
      socket.once('end', () => {
        if (isReset(from)) {
          broken()
          return void from.tcp.destroy()
        }
        // If it is one after all, a write that waits is about to fail.
        afterThisTurn(() => {
          if (socket.errored !== null) return
          result ??= { by, ending: 'closed' }
          to.socket.end()
        })
      })
      socket.on('error', broken)
      if (socket.closed) closed()
      else socket.once('close', closed)
      socket.resume()
    }
    carry(bot, puppet, 'bot')
    carry(puppet, bot, 'puppet')
  })
}

/**
 * Whether an "end" is none: Node.js 20 and 22 say it of a reset too that comes right behind data (libuv, `uv__stream_io`). A connection that is
 * reset has no peer any more. One that is closed both ways has none either: those two look the same there. Nobody may ask for the address
 * before: Node.js remembers it.
 */
function isReset({ socket, tcp }: RelayEnd): boolean {
  return !socket.writableEnded && tcp.remoteAddress === undefined
}

/**
 * Ends a connection with a reset, so that the peer knows that something is missing. Only the TCP connection may be told, which takes the TLS
 * above it along: Node.js (20 to 26) crashes when both are destroyed while the handshake's last bytes are being written.
 */
export function reset(end: RelayEnd): void {
  const { tcp, socket } = end
  if (tcp.destroyed) return
  // While a FIN is on its way, the system refuses a reset, and Node.js (20 to 26) leaves the socket open for ever then.
  const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
  if (isEnding) socket.once('finish', () => reset(end))
  else tcp.resetAndDestroy()
}
