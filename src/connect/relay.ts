import type { Socket } from 'node:net'
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
    const watch = (end: RelayEnd, other: RelayEnd, by: EndedBy): void => {
      end.socket.once('end', () => {
        result ??= { by, ending: 'closed' }
      })
      const broken = (): void => {
        result ??= { by, ending: 'reset' }
        reset(other)
      }
      end.socket.on('error', broken)
      end.socket.once('close', () => {
        // Closed without a FIN and without an error: somebody here has destroyed it.
        if (!end.socket.readableEnded) reset(other)
        open -= 1
        if (open === 0) resolve(result ?? { by: 'connect', ending: 'reset' })
      })
    }
    watch(bot, puppet, 'bot')
    watch(puppet, bot, 'puppet')
    bot.socket.pipe(puppet.socket)
    puppet.socket.pipe(bot.socket)
  })
}

/** Ends a connection with a reset, so that the peer knows that something is missing. */
export function reset({ tcp, socket }: RelayEnd): void {
  if (!tcp.destroyed) tcp.resetAndDestroy()
  socket.destroy()
}
