import { Counter } from '../../lib/counter.ts'
import type { SidecarEventListener } from '../events.ts'
import { GatewayAccess, type Resolve } from './access.ts'
import { GatewayServer, type GatewayServerOptions } from './server.ts'

export interface GatewayOptions extends Omit<GatewayServerOptions, 'allows' | 'isExpected' | 'listener'> {
  /** Where the puppet is probed. A gateway may come from there, and from this machine. */
  readonly puppet: { readonly host: string; readonly port: number }
  readonly nameOf: (token: string) => string
  readonly emit: SidecarEventListener
  /** These are the tokens of the gateways that are connected; undefined where they are not to be adopted. */
  readonly adopt: ((tokens: readonly string[]) => void) | undefined
  /** A gateway left: that may be the end of its puppet. */
  readonly wake: () => void
  /** Looks up the puppet's host. */
  readonly resolve: Resolve
}

/** A server for gateways. Turns what happens at it into events, tokens to adopt, and hints to probe the puppet. */
export function createGateway(options: GatewayOptions): GatewayServer {
  const { nameOf, emit, puppet, adopt, wake } = options
  const access = new GatewayAccess(puppet.host, options.clock, options.resolve)
  /** Connected gateways by token. */
  const connected = new Counter()
  return new GatewayServer({
    ...options,
    allows: (ends) => access.allows(ends),
    isExpected: (ends) => access.isExpected(ends),
    listener: {
      onJoin: (token) => {
        connected.add(token)
        // First, so that the token is known as one of ours when the event comes.
        adopt?.(connected.keys())
        emit({ type: 'gatewayJoined', id: nameOf(token), adopted: adopt !== undefined })
      },
      onPort: (token, found) =>
        emit({ type: 'gatewayPort', id: nameOf(token), port: found, expected: puppet.port }),
      onEvent: () => emit({ type: 'gatewayEventIgnored' }),
      onLeave: (token, cause) => {
        connected.remove(token)
        emit({ type: 'gatewayLeft', id: nameOf(token), cause })
        // The last gateway's token stays, the probe decides what becomes of it. Where others are connected, it goes at once.
        if (connected.keys().length > 0) adopt?.(connected.keys())
        wake()
      },
      onRefusal: (reason, from) => emit({ type: 'gatewayRefused', reason, from }),
    },
  })
}
