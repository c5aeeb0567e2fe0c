import { connect } from 'node:net'
import { type Clock, deadline } from '../../lib/clock.ts'
import { connectErrorKind } from '../../net/connect-error.ts'
import type { NameResolver } from '../../net/name-resolver.ts'
import type { Endpoint } from '../../protocol/discovery.ts'

export interface TryPortOptions {
  readonly clock: Clock
  readonly resolver: NameResolver
  /** Default 3 s: the first packet and its repetition after a second. */
  readonly timeoutMs?: number
}

/** Whether a port opens from here, or why not. */
export type PortTried = 'open' | 'refused' | 'silent' | 'unresolved' | 'unreachable'

const TRY_MS = 3000

/** Opens a TCP connection, and ends it at once. Never rejects. */
export function tryPort({ host, port }: Endpoint, options: TryPortOptions): Promise<PortTried> {
  const { clock, resolver, timeoutMs = TRY_MS } = options
  const limit = deadline(clock, timeoutMs)
  const socket = connect({ host, port, lookup: resolver.lookup })
  return new Promise((resolve) => {
    const end = (tried: PortTried): void => {
      limit.release()
      socket.destroy()
      resolve(tried)
    }
    limit.signal.addEventListener('abort', () => end('silent'), { once: true })
    socket.once('connect', () => end('open'))
    socket.on('error', (error) => {
      const kind = connectErrorKind(firstOf(error))
      end(kind === 'refused' || kind === 'unresolved' ? kind : kind === 'timeout' ? 'silent' : 'unreachable')
    })
  })
}

/** Where several addresses were tried, the error holds one for each. */
function firstOf(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error
}
